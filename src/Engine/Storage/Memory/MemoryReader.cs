namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Reads the bytes a file had when it was opened.</summary>
internal sealed class MemoryReader(ReadOnlyMemory<byte> content) : IJournalReader, ISegmentFile
{
    public long LengthBytes => content.Length;

    public ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var start = (int)Math.Min(position, content.Length);
        var count = Math.Min(buffer.Length, content.Length - start);
        content.Slice(start, count).CopyTo(buffer);
        return ValueTask.FromResult(count);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
