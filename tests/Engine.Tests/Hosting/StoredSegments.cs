using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Writes segments of a partition for tests of what reads them.</summary>
internal static class StoredSegments
{
    public static readonly PartitionId Partition = new(new("11111111-2222-3333-4444-555555555555"), 2);

    /// <summary>Batches of random sizes that follow an offset, stamped.</summary>
    public static List<byte[]> RandomBatches(Random random, int count, long baseOffset)
    {
        List<byte[]> batches = [];
        for (var i = 0; i < count; i++)
        {
            var batch = TestBatch.Of(
                random.Next(1, 5),
                random.Next(20) == 0 ? random.Next(30_000) : random.Next(300),
                timestamp: random.Next(10_000));
            BatchStamp.SetBaseOffset(batch, baseOffset);
            baseOffset = TestBatch.HeaderOf(batch).NextOffset;
            batches.Add(batch);
        }

        return batches;
    }

    /// <summary>Writes batches as one segment.</summary>
    public static async Task<SegmentEntry> WriteAsync(ISegmentStore segments, IReadOnlyList<byte[]> batches)
    {
        var builder = SegmentBuilder.After(0, [], default);
        var baseOffset = TestBatch.HeaderOf(batches[0]).BaseOffset;
        var name = new SegmentName(baseOffset, 0, baseOffset);
        await using var writer = await segments.CreateAsync(Partition, name, CancellationToken.None);
        foreach (var batch in batches)
        {
            builder.Add(batch, now: 0);
            await writer.WriteAsync(batch, CancellationToken.None);
        }

        var footer = builder.Build();
        await writer.WriteAsync(footer.ToBytes(), CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        return new SegmentEntry(
            baseOffset, 0, baseOffset, footer.NextOffset, footer.BatchBytes,
                footer.BatchBytes + footer.ToBytes().Length, footer.MaxTimestamp, 0);
    }
}
