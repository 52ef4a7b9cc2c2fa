namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Reads the bytes a file had when it was opened.</summary>
internal sealed class MemoryReader(MemoryContent content) : IJournalReader, ISegmentFile
{
    public long LengthBytes => content.LengthBytes;

    public ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
        => ValueTask.FromResult(content.Read(position, buffer.Span));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
