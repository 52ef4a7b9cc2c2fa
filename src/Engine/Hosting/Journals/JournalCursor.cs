using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>How far one partition's batches are in the journal: what is flushed, and which files hold them.</summary>
/// <remarks>The journal's loop writes it; the partition's host and the maintenance read it.</remarks>
internal sealed class JournalCursor(PartitionId partition, HighWatermark highWatermark)
{
    private readonly ConcurrentQueue<(long File, long FirstOffset)> _files = [];
    private long _lastFile = -1;

    public PartitionId Partition => partition;

    public HighWatermark HighWatermark => highWatermark;

    /// <summary>Notes that a file begins to hold batches of this partition.</summary>
    public void NoteWritten(long file, long baseOffset)
    {
        if (file != _lastFile)
        {
            _lastFile = file;
            _files.Enqueue((file, baseOffset));
        }
    }

    /// <summary>The oldest file that may hold a batch at or after an offset; null when none does.</summary>
    public long? OldestFile(long segmentedEndOffset)
    {
        while (_files.TryPeek(out var oldest))
        {
            var (_, next) = _files.Skip(1).FirstOrDefault((-1, long.MaxValue));
            if (next > segmentedEndOffset)
            {
                return oldest.File;
            }

            _files.TryDequeue(out _);
        }

        return null;
    }
}
