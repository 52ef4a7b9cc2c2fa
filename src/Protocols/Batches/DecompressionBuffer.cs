namespace OrleansStream.Protocols.Batches;

/// <summary>Rented memory that grows while bytes of unknown number are decompressed into it, up to a bound.</summary>
/// <remarks>Whoever creates it disposes it; <see cref="TakeWritten"/> hands the memory on.</remarks>
internal sealed class DecompressionBuffer(int maxBytes) : IDisposable
{
    private PooledBuffer _buffer = PooledBuffer.Rent(0);

    public int WrittenBytes { get; private set; }

    /// <summary>What was written, and the room after it.</summary>
    public Span<byte> Span => _buffer.Span;

    /// <summary>The room after what was written.</summary>
    public Span<byte> Free => _buffer.Span[WrittenBytes..];

    /// <summary>Makes room for so many more bytes, or for as many as the bound leaves.</summary>
    public void Reserve(long freeBytes)
    {
        var needed = Math.Min(WrittenBytes + freeBytes, maxBytes);
        if (needed <= _buffer.Length)
        {
            return;
        }

        var larger = PooledBuffer.Rent((int)Math.Min(Math.Max(needed, 2L * _buffer.Length), maxBytes));
        _buffer.Span[..WrittenBytes].CopyTo(larger.Span);
        _buffer.Dispose();
        _buffer = larger;
    }

    public void Advance(int bytes) => WrittenBytes += bytes;

    /// <summary>Copies bytes to the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        if (!bytes.TryCopyTo(Free))
        {
            throw TooLarge();
        }

        Advance(bytes.Length);
    }

    /// <summary>The refusal of what would go past the bound.</summary>
    public ProtocolException TooLarge()
        => new($"More than the {maxBytes} bytes allowed come out of the compression.");

    /// <summary>What was written, as a buffer of exactly that length, which now belongs to the caller.</summary>
    public PooledBuffer TakeWritten()
    {
        var taken = PooledBuffer.Rent(WrittenBytes);
        if (_buffer.Length == WrittenBytes)
        {
            (taken, _buffer) = (_buffer, taken);
        }
        else
        {
            Span[..WrittenBytes].CopyTo(taken.Span);
        }

        return taken;
    }

    public void Dispose() => _buffer.Dispose();
}
