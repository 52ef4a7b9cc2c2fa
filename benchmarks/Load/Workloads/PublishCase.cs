using OrleansStream.Contracts;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;

namespace OrleansStream.Load.Workloads;

/// <summary>Workers that append: worker i to partition i, counted round over all partitions of all topics.</summary>
internal sealed record PublishCase(
    Acks Acks, Durability Durability, int RecordBytes, int RecordsPerBatch, int Workers, int Partitions, int Topics = 1)
{
    /// <summary>What a partition that is kept in memory holds on to; enough to be read back and checked.</summary>
    private const int RetainedBytes = 1_024 * 1_024;

    /// <summary>Every so manieth record is compared with what was sent.</summary>
    private const int VerifyEvery = 101;

    private const int AuditFetchBytes = 1_024 * 1_024;

    private static readonly TimeSpan s_auditWait = TimeSpan.FromSeconds(30);

    private static int s_topics;

    private bool IsAlone => Workers <= Partitions * Topics;

    private Dictionary<string, string> Configs => Durability == Durability.Flushed
        ? []
        : new() { ["durability"] = "memory", ["retention.bytes"] = $"{RetainedBytes}" };

    public Setting SettingOn(ILoadTarget target)
        => new(target.Place, Guarantee, RecordBytes, RecordsPerBatch, Workers, Partitions * Topics);

    private string Guarantee => (Acks, Durability) switch
    {
        (Acks.Leader, Durability.Memory) => "acks=1, topic in memory",
        (Acks.Leader, _) => "acks=1, journaled behind",
        (_, Durability.Memory) => "acks=all, topic in memory",
        _ => "acks=all, synced to disk",
    };

    /// <summary>Appends for a time to new topics, then reads them back and checks them.</summary>
    /// <returns>Records.</returns>
    public async Task<Throughput> RunAsync(ILoadTarget target, TimeSpan time)
    {
        var topics = await CreateTopicsAsync(target);
        var published = new long[Partitions * Topics];
        var throughput = await PublishAsync(target, topics, published, time);
        for (var i = 0; i < published.Length; i++)
        {
            using var client = await target.OpenPartitionAsync(topics[i % Topics], i / Topics);
            await AuditAsync(client, published[i]);
        }

        foreach (var topic in topics)
        {
            await target.DeleteTopicAsync(topic);
        }

        return throughput;
    }

    private async Task<string[]> CreateTopicsAsync(ILoadTarget target)
    {
        var topics = new string[Topics];
        for (var i = 0; i < Topics; i++)
        {
            topics[i] = $"publish-{Interlocked.Increment(ref s_topics)}";
            await target.CreateTopicAsync(topics[i], Partitions, Configs);
        }

        return topics;
    }

    private async Task<Throughput> PublishAsync(ILoadTarget target, string[] topics, long[] published, TimeSpan time)
    {
        var clients = new IPartitionClient[Workers];
        for (var i = 0; i < Workers; i++)
        {
            var place = i % published.Length;
            clients[i] = await target.OpenPartitionAsync(topics[place % Topics], place / Topics);
        }

        var throughput = await ClosedLoop.RunAsync(Workers, time, async (worker, deadline) =>
        {
            var count = await PublishAsync(clients[worker], deadline);
            Interlocked.Add(ref published[worker % published.Length], count);
            return count;
        });
        Array.ForEach(clients, client => client.Dispose());
        return throughput;
    }

    private async Task<long> PublishAsync(IPartitionClient client, Deadline deadline)
    {
        var records = new NumberedRecords(RecordBytes);
        var untilYield = ClosedLoop.OperationsPerYield;
        var nextOffset = 0L;
        do
        {
            var reply = await client.AppendAsync(records.Build(RecordsPerBatch), Acks);
            var isInPlace = IsAlone ? reply.BaseOffset == nextOffset : reply.BaseOffset >= nextOffset;
            if (reply.Error != StreamError.None || !isInPlace)
            {
                throw new WrongResultException(
                    $"Append answered {reply.Error} {reply.Message} at {reply.BaseOffset}, "
                    + $"expected offset {nextOffset}.");
            }

            nextOffset = reply.BaseOffset + RecordsPerBatch;
            if (--untilYield == 0)
            {
                untilYield = ClosedLoop.OperationsPerYield;
                await Task.Yield();
            }
        }
        while (!deadline.IsOver);

        return records.Next;
    }

    private async Task AuditAsync(IPartitionClient client, long published)
    {
        var reply = await client.FetchAsync(0, 0);
        var offset = reply.LogStartOffset;
        if (Durability == Durability.Flushed)
        {
            WrongResultException.ThrowUnlessEqual(0, offset, "The log start of a topic without retention");
        }

        while (offset < published)
        {
            reply = await client.FetchAsync(offset, AuditFetchBytes, s_auditWait);
            offset = reply.Error == StreamError.OffsetOutOfRange && Durability == Durability.Memory
                ? reply.LogStartOffset // Retention went on meanwhile.
                : RecordAudit.Check(reply, offset, VerifyEvery, IsAlone);
        }

        WrongResultException.ThrowUnlessEqual(published, offset, "Records read back");
        WrongResultException.ThrowUnlessEqual(published, reply.HighWatermark, "The high watermark");
    }
}
