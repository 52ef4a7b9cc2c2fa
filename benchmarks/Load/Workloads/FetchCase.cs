using OrleansStream.Contracts;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;

namespace OrleansStream.Load.Workloads;

/// <summary>Where the next fetch of a worker begins.</summary>
internal enum FetchOrder
{
    /// <summary>At offset 0, always again.</summary>
    Again,

    /// <summary>Where the last one ended, and at the end from the beginning.</summary>
    Sequential,

    /// <summary>Anywhere.</summary>
    Random,
}

/// <summary>Workers that read: worker i from partition i, counted round.</summary>
/// <param name="BatchesPerFetch">How many batches a fetch asks for, by their bytes.</param>
internal sealed record FetchCase(
    FetchOrder Order, int RecordBytes, int RecordsPerBatch, int BatchesPerFetch, int Workers, int Partitions)
{
    /// <summary>Every so manieth record is compared with what was sent, byte for byte.</summary>
    private const int VerifyEvery = 1_009;

    private static readonly TimeSpan s_fillWait = TimeSpan.FromSeconds(30);

    private static int s_topics;

    private int MaxBytes => BatchesPerFetch * NumberedRecords.BatchBytes(RecordBytes, RecordsPerBatch);

    public Setting SettingOn(ILoadTarget target)
        => new(
            target.Place,
            $"{Order} reads of {BatchesPerFetch} batches",
            RecordBytes,
            RecordsPerBatch,
            Workers,
            Partitions);

    /// <summary>Fills a new topic, then reads for a time.</summary>
    /// <param name="bytesPerPartition">How much there is to read.</param>
    /// <returns>Records.</returns>
    public async Task<Throughput> RunAsync(ILoadTarget target, int bytesPerPartition, TimeSpan time)
    {
        var topic = $"fetch-{Interlocked.Increment(ref s_topics)}";
        await target.CreateTopicAsync(topic, Partitions, new Dictionary<string, string>());
        var recordsPerPartition = Math.Max(
            BatchesPerFetch, bytesPerPartition / RecordBytes / RecordsPerBatch) * RecordsPerBatch;
        await Parallel.ForAsync(0, Partitions, async (partition, _) =>
        {
            using var client = await target.OpenPartitionAsync(topic, partition);
            await FillAsync(client, recordsPerPartition);
        });

        var clients = await Task.WhenAll(
            Enumerable.Range(0, Workers).Select(worker => target.OpenPartitionAsync(topic, worker % Partitions)));
        var throughput = await ClosedLoop.RunAsync(
            Workers, time, (worker, deadline) => FetchAsync(clients[worker], recordsPerPartition, worker, deadline));
        Array.ForEach(clients, client => client.Dispose());
        await target.DeleteTopicAsync(topic);
        return throughput;
    }

    private async Task FillAsync(IPartitionClient client, int recordCount)
    {
        var records = new NumberedRecords(RecordBytes);
        while (records.Next < recordCount)
        {
            var isLast = records.Next + RecordsPerBatch >= recordCount;
            var batch = records.Build(RecordsPerBatch);
            var reply = await client.AppendAsync(batch, isLast ? Acks.All : Acks.Leader);
            if (reply.Error != StreamError.None)
            {
                throw new WrongResultException($"Append answered {reply.Error} {reply.Message}.");
            }
        }

        var last = await client.FetchAsync(recordCount - 1, 1, s_fillWait);
        WrongResultException.ThrowUnlessEqual(recordCount, last.HighWatermark, "The high watermark after filling");
    }

    private async Task<long> FetchAsync(IPartitionClient client, int recordCount, int worker, Deadline deadline)
    {
        var random = new Random(worker);
        var maxBytes = MaxBytes;
        var untilYield = ClosedLoop.OperationsPerYield;
        var (count, offset) = (0L, 0L);
        do
        {
            var reply = await client.FetchAsync(offset, maxBytes);
            var next = RecordAudit.Check(reply, offset, VerifyEvery, isNumbered: true);
            var expected = Math.Min((offset / RecordsPerBatch + BatchesPerFetch) * RecordsPerBatch, recordCount);
            if (offset == 0)
            {
                WrongResultException.ThrowUnlessEqual(expected, next, "The end of a fetch from the beginning");
            }

            count += next - (offset / RecordsPerBatch * RecordsPerBatch);
            offset = Order switch
            {
                FetchOrder.Again => 0,
                FetchOrder.Sequential => next == recordCount ? 0 : next,
                _ => random.Next(recordCount),
            };
            if (--untilYield == 0)
            {
                untilYield = ClosedLoop.OperationsPerYield;
                await Task.Yield();
            }
        }
        while (!deadline.IsOver);

        return count;
    }
}
