namespace OrleansStream.Engine.Log;

/// <summary>Slices of a tail, collected for one reader, who holds their memory until it disposes this.</summary>
public sealed class TailRead(long maxBytes) : IDisposable
{
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<TailChunk> _held = [];
    private int _disposed;

    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => _pieces;

    public long LengthBytes { get; private set; }

    internal long RoomBytes => Math.Max(0, maxBytes - LengthBytes);

    /// <summary>Whether no further batch may be added. An empty read always takes one.</summary>
    internal bool IsFull => _pieces.Count > 0 && LengthBytes >= maxBytes;

    internal void Add(TailChunk chunk, int start, int end)
    {
        chunk.Hold();
        _held.Add(chunk);
        _pieces.Add(chunk.Slice(start, end));
        LengthBytes += end - start;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            foreach (var chunk in _held)
            {
                chunk.Release();
            }
        }
    }
}
