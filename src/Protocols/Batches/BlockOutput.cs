namespace OrleansStream.Protocols.Batches;

/// <summary>Where a block is decompressed to: what was written so far is what repetitions are copied from.</summary>
/// <param name="bytes">The memory to fill; writing past it is refused.</param>
/// <param name="writtenBytes">How much of it already holds what repetitions may refer to.</param>
internal ref struct BlockOutput(Span<byte> bytes, int writtenBytes)
{
    private readonly Span<byte> _bytes = bytes;

    public int WrittenBytes { get; private set; } = writtenBytes;

    public void AppendLiterals(scoped ReadOnlySpan<byte> literals)
    {
        literals.CopyTo(Next(literals.Length));
        WrittenBytes += literals.Length;
    }

    public void AppendMatch(int distance, int length)
    {
        if (distance <= 0 || distance > WrittenBytes)
        {
            throw new ProtocolException($"A repetition is {distance} bytes back, but only {WrittenBytes} precede it.");
        }

        // A match may overlap what it produces. Each round then doubles the stretch that can be copied at once.
        var target = Next(length);
        var source = _bytes[(WrittenBytes - distance)..];
        WrittenBytes += length;
        while (target.Length > distance)
        {
            source[..distance].CopyTo(target);
            target = target[distance..];
            distance *= 2;
        }

        source[..target.Length].CopyTo(target);
    }

    private readonly Span<byte> Next(int length)
        => length <= _bytes.Length - WrittenBytes
            ? _bytes.Slice(WrittenBytes, length)
            : throw new ProtocolException(
                $"{(long)WrittenBytes + length} bytes come out of the compression where at most {_bytes.Length} may.");
}
