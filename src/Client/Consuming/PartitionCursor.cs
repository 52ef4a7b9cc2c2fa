namespace OrleansStream.Client.Consuming;

/// <summary>How far one assigned partition is fetched, handed out and left behind.</summary>
/// <remarks>Every member is read and set under the lock of <see cref="AssignedPartitions"/>.</remarks>
internal sealed class PartitionCursor(TopicPartition partition)
{
    /// <summary>As long as it is not known where reading begins.</summary>
    public const long Unknown = -1;

    public TopicPartition Partition => partition;

    /// <summary>Empty as long as it is not known.</summary>
    public Guid TopicId { get; set; }

    /// <summary>Changes when reading goes on elsewhere, or not at all: what was fetched before is void.</summary>
    public int Version { get; private set; }

    /// <summary>The next record to hand out.</summary>
    public long Position { get; private set; } = Unknown;

    /// <summary>The first record that may still be in hand: what may be committed when nobody says so.</summary>
    public long Settled { get; set; } = Unknown;

    /// <summary>The next record to fetch.</summary>
    public long FetchOffset { get; set; } = Unknown;

    /// <summary>Where to look for a position; null for what is committed, or else the start position.</summary>
    public OffsetPoint? SeekPoint { get; private set; }

    public bool IsPaused { get; set; }

    public bool IsFetching { get; set; }

    public long HighWatermark { get; set; } = Unknown;

    /// <summary>The last offset committed by this consumer; there is no need to commit it again.</summary>
    public long Committed { get; set; } = Unknown;

    public long BufferedBytes { get; private set; }

    /// <summary>What is read next: a chunk that was begun, then those fetched after it.</summary>
    private LinkedList<FetchedChunk> Chunks { get; } = new();

    public bool HasRecords => Chunks.Count > 0;

    /// <summary>Reading goes on there.</summary>
    /// <returns>How many buffered bytes were dropped.</returns>
    public long MoveTo(long offset)
    {
        var dropped = Drop();
        Position = Settled = FetchOffset = offset;
        SeekPoint = null;
        return dropped;
    }

    /// <summary>Reading goes on where the point turns out to be.</summary>
    /// <returns>How many buffered bytes were dropped.</returns>
    public long MoveTo(OffsetPoint? point)
    {
        var dropped = MoveTo(Unknown);
        SeekPoint = point;
        return dropped;
    }

    public void Add(FetchedChunk chunk)
    {
        Chunks.AddLast(chunk);
        BufferedBytes += chunk.LengthBytes;
    }

    /// <summary>Takes what is read next. It counts as buffered until it is released.</summary>
    public FetchedChunk Take()
    {
        var chunk = Chunks.First!.Value;
        Chunks.RemoveFirst();
        return chunk;
    }

    /// <summary>Takes a chunk back that is not read to its end.</summary>
    public void PutBack(FetchedChunk chunk) => Chunks.AddFirst(chunk);

    /// <summary>Gives back the memory of a chunk that was taken and read to its end.</summary>
    public void Finish(FetchedChunk chunk)
    {
        BufferedBytes -= chunk.LengthBytes;
        chunk.Release();
    }

    public void Advance(long position) => Position = Settled = position;

    private long Drop()
    {
        var dropped = BufferedBytes;
        foreach (var chunk in Chunks)
        {
            chunk.Release();
        }

        Chunks.Clear();
        BufferedBytes = 0;
        Version++;
        return dropped;
    }
}
