using OrleansStream.Load.Peers;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Load.Scenarios;

/// <summary>Our client beside librdkafka, writing to one silo and reading from it, and what it allocates.</summary>
internal static class DotnetClient
{
    private const int DryRunRecords = 3_000;

    private static readonly (int RecordBytes, int Records)[] s_sizes = [(100, 500_000), (1_024, 200_000)];
    private static readonly CompressionCodec[] s_codecs = [CompressionCodec.None, CompressionCodec.Lz4];

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        if (await LibrdkafkaBench.TryCompileAsync(directory) is not { } librdkafka)
        {
            run.Skip("dotnet-client", "It takes a C compiler and librdkafka-dev.");
            return;
        }

        await using var target = await SiloTarget.StartAsync(directory.Combine("data"));
        foreach (var (recordBytes, records) in s_sizes)
        {
            foreach (var codec in s_codecs)
            {
                var count = run.IsDryRun ? DryRunRecords : records;
                await new Measuring(run, librdkafka, target, count, recordBytes, codec).RunAsync();
            }
        }
    }

    private sealed class Measuring(
        LoadRun run,
        LibrdkafkaBench librdkafka,
        SiloTarget target,
        int records,
        int recordBytes,
        CompressionCodec codec)
    {
        private readonly DotnetBench _ours = new(target.Address);
        private readonly List<double> _allocated = [];
        private readonly string _codec = codec.ToString().ToLowerInvariant();
        private int _topics;

        private string Topic => $"records-{recordBytes}-{_codec}-{_topics}";

        public async Task RunAsync()
        {
            await OursProduceAsync();
            await MeasureAsync("produce", "acks=1, both batch for 5 ms", OursProduceAsync, TheirsProduceAsync);
            await OursFetchAsync();
            await MeasureAsync("consume", "warm", OursFetchAsync, TheirsFetchAsync);
            await target.DeleteTopicAsync(Topic);
        }

        private async Task MeasureAsync(
            string work, string durability, Func<Task<Throughput>> ours, Func<Task<Throughput>> theirs)
        {
            _allocated.Clear();
            var (rate, theirRate) = await run.MeasureBesideAsync(ours, theirs);
            var name = $"dotnet-client/{work}/{recordBytes}/{_codec}";
            var setting = new Setting(
                target.Place, durability, recordBytes, RecordsPerBatch: 1, Workers: 1, Partitions: 1);
            run.Add(new Figure(name, rate, "records/s", setting, new Comparison("librdkafka", theirRate)));
            var allocated = _allocated.Order().ElementAt(_allocated.Count / 2);
            run.Add(new Figure($"{name}/allocated", Math.Round(allocated, 1), "B", setting));
        }

        private async Task<Throughput> OursProduceAsync()
        {
            await ReplaceTopicAsync();
            return Keep(await _ours.ProduceAsync(Topic, records, recordBytes, codec));
        }

        private async Task<Throughput> TheirsProduceAsync()
        {
            await ReplaceTopicAsync();
            return await librdkafka.ProduceAsync(target.Address, Topic, "1", records, recordBytes, _codec);
        }

        private async Task<Throughput> OursFetchAsync() => Keep(await _ours.FetchAsync(Topic, records, recordBytes));

        private Task<Throughput> TheirsFetchAsync()
            => librdkafka.FetchAsync(target.Address, Topic, records, recordBytes);

        private Throughput Keep(ClientRun ours)
        {
            _allocated.Add(ours.AllocatedBytes);
            return ours.Throughput;
        }

        // What was written last is in memory; what was before is not read again.
        private async Task ReplaceTopicAsync()
        {
            if (_topics > 0)
            {
                await target.DeleteTopicAsync(Topic);
            }

            _topics++;
            await target.CreateTopicAsync(Topic, 1, new Dictionary<string, string>());
        }
    }
}
