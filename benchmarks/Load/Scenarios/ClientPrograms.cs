using OrleansStream.Load.Peers;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// What a client that everybody uses gets out of a silo, beside its own mock broker and beside Redis.
/// </summary>
internal static class ClientPrograms
{
    private const int RecordBytes = 1_024;
    private const int Records = 300_000;
    private const int DryRunRecords = 3_000;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        if (await LibrdkafkaBench.TryCompileAsync(directory) is not { } client)
        {
            run.Skip("clients", "It takes a C compiler and librdkafka-dev.");
            return;
        }

        await using var target = await SiloTarget.StartAsync(directory.Combine("data"));
        await using var redis = await RedisStreams.TryStartAsync();
        var measuring = new Measuring(run, client, target, run.IsDryRun ? DryRunRecords : Records);
        await measuring.ProduceAsync();
        await measuring.ProduceSyncedAsync();
        await measuring.FetchAsync();
        if (redis is null)
        {
            run.Skip("clients/produce/beside-redis", "redis-server is not installed.");
        }
        else
        {
            await measuring.ProduceBesideAsync(redis);
        }
    }

    private sealed class Measuring(LoadRun run, LibrdkafkaBench client, SiloTarget target, int records)
    {
        private const int FetchRounds = 3;
        private const string Batching = "librdkafka batches for 5 ms";

        private int _topics;

        public async Task ProduceAsync()
        {
            var (ours, mock) = await run.MeasureBesideAsync(
                () => ProduceAsync("1"),
                () => client.ProduceAsync(LibrdkafkaBench.MockBroker, "topic", "1", records, RecordBytes));
            Add("produce/acks=1", ours, $"acks=1, {Batching}", new Comparison("librdkafka's mock broker", mock));
        }

        public async Task ProduceSyncedAsync()
            => Add("produce/acks=all", (await ProduceAsync("all")).PerSecond, $"acks=all, synced, {Batching}");

        public async Task ProduceBesideAsync(RedisStreams redis)
        {
            var (ours, theirs) = await run.MeasureBesideAsync(
                () => ProduceAsync("1"), () => redis.AddAsync(records, RecordBytes));
            Add("produce/beside-redis", ours, $"acks=1, {Batching}", new Comparison(
                "Redis XADD, 8 x 100 in flight", theirs));
        }

        // The newest topic: what was written last is in memory.
        public async Task FetchAsync()
        {
            var rates = new List<double>();
            for (var i = 0; i < FetchRounds; i++)
            {
                var fetched = await client.FetchAsync(target.Address, $"records-{_topics}", records, RecordBytes);
                rates.Add(fetched.PerSecond);
            }

            Add("fetch", rates.Order().ElementAt(FetchRounds / 2), "warm");
        }

        private async Task<Workloads.Throughput> ProduceAsync(string acks)
        {
            var topic = $"records-{++_topics}";
            await target.CreateTopicAsync(topic, 1, new Dictionary<string, string>());
            return await client.ProduceAsync(target.Address, topic, acks, records, RecordBytes);
        }

        private void Add(string name, double recordsPerSecond, string durability, Comparison? comparison = null)
            => run.Add(new Figure(
                "clients/" + name,
                recordsPerSecond,
                "records/s",
                new Setting(target.Place, durability, RecordBytes, RecordsPerBatch: 1, Workers: 1, Partitions: 1),
                comparison));
    }
}
