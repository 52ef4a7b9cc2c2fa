using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>Idempotent producers that retry on a cluster whose storage fails again and again.</summary>
public sealed class FailuresUnderLoadTests
{
    private const int Producers = 4;
    private const int RecordsEach = 60;
    private const int Faults = 12;

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Each_record_is_stored_once_and_in_its_producers_order(int seed)
    {
        var random = new Random(seed);
        var storage = new FaultyStorage(seed);
        var openings = 0;
        await using var cluster = await LocalCluster.OpenAsync(
            _ =>
            {
                if (openings++ is > 0 and < Faults)
                {
                    storage.FailAt(storage.Operations.Count + random.Next(1, 30), (Fault)random.Next(4));
                }

                return Task.FromResult<IStorage>(storage);
            },
            new EngineOptions(), NullLoggerFactory.Instance, _time, default);
        var created = await cluster.Topics.CreateAsync(new("topic", 2, new Dictionary<string, string>()), default);
        storage.FailNext("append journal", Fault.Error);

        using var stopping = new CancellationTokenSource();
        var clock = Task.Run(() => MoveClockAsync(stopping.Token));
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(
            producer => Task.Run(() => ProduceAsync(cluster, new(created.Topic!.Id, producer % 2), producer))));
        await stopping.CancelAsync();
        await clock;

        Assert.InRange(openings, 2, 10 * Faults);
        for (var partition = 0; partition < 2; partition++)
        {
            var numbers = await ReadAllAsync(cluster.GetPartition(new(created.Topic!.Id, partition)));
            Assert.Equal(Producers / 2 * RecordsEach, numbers.Count);
            foreach (var producer in Enumerable.Range(0, Producers).Where(producer => producer % 2 == partition))
            {
                Assert.Equal(
                    Enumerable.Range(0, RecordsEach), numbers.Where(n => n / 1_000 == producer).Select(n => n % 1_000));
            }
        }
    }

    // A storage that could not be opened is tried again after a second.
    private async Task MoveClockAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    private async Task ProduceAsync(LocalCluster cluster, PartitionId id, int producer)
    {
        var partition = cluster.GetPartition(id);
        for (var i = 0; i < RecordsEach; i++)
        {
            var batch = TestBatch.Numbered(
                (producer * 1_000) + i, timestamp: Now, producerId: producer, baseSequence: i);
            StreamError error;
            while ((error = (await partition.AppendAsync(new(batch, Acks.All, TimeSpan.FromDays(1)), default)).Error)
                != StreamError.None)
            {
                Assert.True(error is StreamError.StorageFailed or StreamError.NotHosted, $"{error}");
                await Task.Yield();
            }
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static async Task<List<int>> ReadAllAsync(IPartition partition)
    {
        var end = (await partition.GetStatusAsync(default)).HighWatermark;
        List<int> numbers = [];
        for (var offset = 0L; offset < end;)
        {
            var reply = await partition.FetchAsync(new(offset, 1 << 20, 1, TimeSpan.Zero), default);
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            foreach (var batch in records.Pieces.SelectMany(TestBatch.Split))
            {
                numbers.Add(TestBatch.NumberOf(batch.Span));
                offset = TestBatch.HeaderOf(batch.Span).NextOffset;
            }
        }

        return numbers;
    }
}
