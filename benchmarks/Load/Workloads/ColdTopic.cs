using System.Diagnostics;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Storage;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;

namespace OrleansStream.Load.Workloads;

/// <summary>What one consumer found when it read all of a topic.</summary>
/// <param name="FirstPoll">How long the poll took that opens the segments; it is one of the others too.</param>
internal sealed record ColdReading(
    Throughput Bytes, BlockCacheCounts Cache, LatencyHistogram Polls, TimeSpan FirstPoll)
{
    /// <summary>How many reads of blocks there were.</summary>
    public long BlockReads => Cache.Hits + Cache.Misses;
}

/// <summary>A topic of which nothing is in memory: all its records are in segments.</summary>
/// <param name="OpenAsync">Opens the storage, with nothing of it in any cache.</param>
internal sealed record ColdTopic(
    Func<Task<IStorage>> OpenAsync, string Name, int Partitions, long Bytes, int RecordsPerBatch, int SegmentBytes)
{
    public const int RecordBytes = 1_024;

    /// <summary>Every so manieth record is compared with what was sent, byte for byte.</summary>
    private const int VerifyEvery = 1_009;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private long RecordsPerPartition
        => Math.Max(1, Bytes / Partitions / RecordBytes / RecordsPerBatch) * RecordsPerBatch;

    /// <summary>Creates the topic and writes its segments.</summary>
    public async Task FillAsync()
    {
        await using var storage = await OpenAsync();
        await using var store = await BareStore.OpenAsync(storage);

        // Without the journal: it is of no interest here, and would have to be written as well.
        var configs = new Dictionary<string, string>
        {
            ["durability"] = "memory",
            ["segment.bytes"] = $"{SegmentBytes}",
        };
        var topic = await store.CreateTopicAsync(Name, Partitions, configs);
        foreach (var partition in await store.OpenPartitionsAsync(topic))
        {
            var records = new NumberedRecords(RecordBytes);
            for (var unwritten = 0; records.Next < RecordsPerPartition;)
            {
                var batch = records.Build(RecordsPerBatch);
                var reply = await partition.AppendAsync(
                    new AppendRequest(batch, Acks.All, s_timeout), CancellationToken.None);
                WrongResultException.ThrowUnlessEqual(
                    records.Next - RecordsPerBatch, reply.BaseOffset, "The offset of an append");
                unwritten += batch.Length;
                if (unwritten >= SegmentBytes)
                {
                    await partition.FlushAsync();
                    unwritten = 0;
                }
            }

            await partition.FlushAsync();
        }
    }

    /// <summary>
    /// One consumer that reads all partitions from their beginning, all in each poll, as a gateway does for a request.
    /// </summary>
    public async Task<ColdReading> ReadAsync(int fetchBytes)
    {
        await using var storage = await OpenAsync();
        await using var store = await BareStore.OpenAsync(storage);
        var partitions = await OpenPartitionsAsync(store);
        var offsets = new long[Partitions];
        var polls = new LatencyHistogram();
        var bytes = 0L;
        var firstPoll = TimeSpan.Zero;
        var start = Stopwatch.GetTimestamp();
        while (offsets.Any(offset => offset < RecordsPerPartition))
        {
            var begun = Stopwatch.GetTimestamp();
            var fetches = partitions.Select((partition, i) => partition.FetchAsync(
                new FetchRequest(offsets[i], fetchBytes, MinBytes: 1, TimeSpan.Zero), CancellationToken.None).AsTask());
            var replies = await Task.WhenAll(fetches);
            var end = Stopwatch.GetTimestamp();
            polls.Add(end - begun);
            firstPoll = bytes == 0 ? Stopwatch.GetElapsedTime(begun, end) : firstPoll;
            for (var i = 0; i < replies.Length; i++)
            {
                using var records = replies[i].Records;
                bytes += records.LengthBytes;
                offsets[i] = RecordAudit.Check(replies[i], offsets[i], VerifyEvery, isNumbered: true);
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        Array.ForEach(offsets, offset =>
            WrongResultException.ThrowUnlessEqual(RecordsPerPartition, offset, "The end of a partition"));
        return new(new(bytes, elapsed), store.CacheCounts, polls, firstPoll);
    }

    /// <summary>Reads the same segments with nothing of ours in between: requests of 1 MiB, four at a time.</summary>
    /// <returns>Bytes.</returns>
    public async Task<Throughput> ReadRawAsync()
    {
        const int requestBytes = 1_024 * 1_024;
        const int atOnce = 4;
        await using var storage = await OpenAsync();
        var files = new List<ISegmentFile>();
        foreach (var partition in await storage.Segments.ListPartitionsAsync(CancellationToken.None))
        {
            foreach (var name in await storage.Segments.ListAsync(partition, CancellationToken.None))
            {
                files.Add(await storage.Segments.OpenAsync(partition, name, CancellationToken.None));
            }
        }

        var requests = from file in files
                       from request in Enumerable.Range(0, (int)((file.LengthBytes - 1) / requestBytes) + 1)
                       select (File: file, Position: (long)request * requestBytes);
        var bytes = 0L;
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            requests,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (request, token) =>
            {
                var length = (int)Math.Min(requestBytes, request.File.LengthBytes - request.Position);
                using var buffer = Protocols.PooledBuffer.Rent(length);
                Interlocked.Add(ref bytes, await request.File.ReadAsync(request.Position, buffer.Memory, token));
            });
        var elapsed = Stopwatch.GetElapsedTime(start);
        foreach (var file in files)
        {
            await file.DisposeAsync();
        }

        return new(bytes, elapsed);
    }

    public Setting SettingOf(string place) => new(place, "cold", RecordBytes, RecordsPerBatch, 1, Partitions);

    private async Task<PartitionHost[]> OpenPartitionsAsync(LogStore store)
    {
        var topic = await store.Topics.FindAsync(Name, CancellationToken.None)
            ?? throw new WrongResultException($"Topic {Name} is not there.");
        return await store.OpenPartitionsAsync(topic);
    }
}
