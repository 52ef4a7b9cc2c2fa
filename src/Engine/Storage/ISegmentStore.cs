using OrleansStream.Contracts;

namespace OrleansStream.Engine.Storage;

/// <summary>Names a segment: the offset it begins at, the epoch that wrote it, a number that makes it unique.</summary>
/// <remarks>Written as <c>base offset-epoch-generation</c>, each zero-padded so that names sort by offset.</remarks>
public readonly record struct SegmentName(long BaseOffset, int Epoch, long Generation)
{
    public override string ToString() => $"{BaseOffset:d19}-{Epoch:d10}-{Generation:d19}";

    /// <summary>Reads what <see cref="ToString"/> wrote; false for any other text.</summary>
    public static bool TryParse(string text, out SegmentName name)
    {
        name = default;
        var parts = text.Split('-');
        if (parts.Length != 3
            || !long.TryParse(parts[0], out var baseOffset)
            || !int.TryParse(parts[1], out var epoch)
            || !long.TryParse(parts[2], out var generation))
        {
            return false;
        }

        name = new SegmentName(baseOffset, epoch, generation);
        return name.ToString() == text;
    }
}

/// <summary>Keeps segments: each is written once, whole, and then only read.</summary>
/// <remarks>Thread-safe. Faults are <see cref="IOException"/>s whose message names the segment.</remarks>
public interface ISegmentStore
{
    /// <summary>Whether each read is a request over a network, so that what was read is worth keeping.</summary>
    bool IsRemote => false;

    /// <summary>Begins a segment that does not exist until it is committed.</summary>
    /// <exception cref="IOException">A segment of that name exists or is being written.</exception>
    ValueTask<ISegmentWriter> CreateAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken);

    /// <exception cref="FileNotFoundException">There is no such segment.</exception>
    ValueTask<ISegmentFile> OpenAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken);

    /// <summary>Opens a segment that is known to have so many bytes.</summary>
    /// <remarks>
    /// Where asking for the length is a request, the first read finds out instead: it throws
    /// <see cref="FileNotFoundException"/> when there is no such segment, and <see cref="InvalidDataException"/> when
    /// it has another length. Elsewhere the file tells its true length.
    /// </remarks>
    ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, long lengthBytes, CancellationToken cancellationToken)
        => OpenAsync(partition, name, cancellationToken);

    /// <summary>The committed segments of a partition, in any order.</summary>
    ValueTask<IReadOnlyList<SegmentName>> ListAsync(PartitionId partition, CancellationToken cancellationToken);

    /// <summary>The partitions that may have segments, or leftovers of uncommitted ones.</summary>
    ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken);

    /// <summary>Deletes a segment that nobody reads any more. Deleting one that is not there does nothing.</summary>
    ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken);

    /// <summary>Deletes everything a partition has, uncommitted leftovers included. Nobody reads it any more.</summary>
    ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken);

    /// <summary>Deletes what writers that never committed left behind in a partition.</summary>
    ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken);
}

/// <summary>Writes one segment from front to back. Disposing without a commit leaves no segment.</summary>
/// <remarks>One call at a time. After a failure only disposing is left.</remarks>
public interface ISegmentWriter : IAsyncDisposable
{
    /// <summary>Borrows the bytes until the call completes.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes the segment exist, durably: after a power cut it is there, whole, or the call failed.</summary>
    /// <remarks>A call that failed may have made it exist none the less, and then whole.</remarks>
    ValueTask CommitAsync(CancellationToken cancellationToken);
}

/// <summary>Reads a committed segment. Thread-safe.</summary>
public interface ISegmentFile : IAsyncDisposable
{
    long LengthBytes { get; }

    /// <summary>Fills the buffer from a position on; fewer bytes only at the segment's end.</summary>
    ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken);
}
