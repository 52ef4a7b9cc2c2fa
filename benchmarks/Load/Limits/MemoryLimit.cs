using System.Diagnostics;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Limits;

/// <summary>
/// The least any log must do for an append: encode the record as a batch with its CRC-32C, and copy it into the
/// partition's memory under the partition's lock.
/// </summary>
internal static class MemoryLimit
{
    private const int ChunkBytes = 1_024 * 1_024;

    /// <summary>As many workers as partitions, one record a batch.</summary>
    /// <returns>Records.</returns>
    public static Task<Throughput> MeasureAsync(int recordBytes, int partitions, TimeSpan time)
        => ClosedLoop.RunAsync(partitions, time, async (_, deadline) =>
        {
            var partition = new Partition();
            var records = new NumberedRecords(recordBytes);
            while (!deadline.IsOver)
            {
                for (var i = 0; i < ClosedLoop.OperationsPerYield; i++)
                {
                    partition.Append(records.Build(1).Span);
                }

                await Task.Yield();
            }

            WrongResultException.ThrowUnlessEqual(records.Next, partition.NextOffset, "Records copied");
            return partition.NextOffset;
        });

    /// <summary>Copies memory that is in no cache of the processor, a chunk at a time.</summary>
    /// <returns>Bytes.</returns>
    public static Throughput MeasureCopy(long bytes)
    {
        var source = new byte[64 * ChunkBytes];
        var target = new byte[64 * ChunkBytes];
        new Random(1).NextBytes(source);
        target.AsSpan().Fill(1);
        var start = Stopwatch.GetTimestamp();
        for (var position = 0L; position < bytes; position += ChunkBytes)
        {
            var chunk = (int)(position % source.Length);
            source.AsSpan(chunk, ChunkBytes).CopyTo(target.AsSpan(chunk));
        }

        return new(bytes, Stopwatch.GetElapsedTime(start));
    }

    private sealed class Partition
    {
        private readonly Lock _lock = new();
        private readonly byte[] _chunk = GC.AllocateUninitializedArray<byte>(ChunkBytes);
        private int _usedBytes;

        public long NextOffset { get; private set; }

        public void Append(ReadOnlySpan<byte> batch)
        {
            lock (_lock)
            {
                if (_chunk.Length - _usedBytes < batch.Length)
                {
                    _usedBytes = 0;
                }

                batch.CopyTo(_chunk.AsSpan(_usedBytes));
                _usedBytes += batch.Length;
                NextOffset++;
            }
        }
    }
}
