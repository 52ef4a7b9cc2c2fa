using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.AzureStorage.Tests.Azurite;

/// <summary>Two silos that each believe the other dead take the storage from each other, again and again.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class RivalryTests
{
    private const int Openings = 10;
    private const int Acknowledged = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(10);

    private readonly AzuriteFixture _fixture = new();
    private readonly ConcurrentDictionary<long, int> _acknowledged = [];
    private int _openings;
    private int _numbers;

    [Fact]
    public async Task No_offset_is_acknowledged_by_both_and_nothing_acknowledged_is_lost()
    {
        PartitionId id;
        await using (var first = await OpenAsync())
        {
            var created = await first.Topics.CreateAsync(new("topic", 1, new Dictionary<string, string>()), default);
            id = new(created.Topic!.Id, 0);
            await using var second = await OpenAsync();
            using var enough = new CancellationTokenSource(s_patience);
            await Task.WhenAll(
                AppendAsync(first.GetPartition(id), enough), AppendAsync(second.GetPartition(id), enough));
        }

        Assert.InRange(_openings, Openings, int.MaxValue);
        Assert.InRange(_acknowledged.Count, Acknowledged, int.MaxValue);
        await using var last = await OpenAsync();
        var stored = await ReadAllAsync(last.GetPartition(id));
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.All(_acknowledged, entry => Assert.Equal(entry.Value, stored[(int)entry.Key]));
    }

    private async Task AppendAsync(IPartition partition, CancellationTokenSource enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _numbers);
            var batch = TestBatch.Numbered(number, timestamp: TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            var reply = await partition.AppendAsync(new(batch, Acks.All, s_patience), default);
            if (reply.Error != StreamError.None)
            {
                await Task.Delay(s_retryPause, TimeProvider.System);
                continue;
            }

            Assert.True(_acknowledged.TryAdd(reply.BaseOffset, number), $"Offset {reply.BaseOffset} a second time.");
            if (_acknowledged.Count >= Acknowledged && Volatile.Read(ref _openings) >= Openings)
            {
                await enough.CancelAsync();
            }
        }
    }

    private Task<LocalCluster> OpenAsync()
        => LocalCluster.OpenAsync(
            OpenStorageAsync, new EngineOptions(), NullLoggerFactory.Instance, TimeProvider.System, default);

    private async Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken)
    {
        var storage = await _fixture.OpenAsync(transport: null, takeOver: true);
        Interlocked.Increment(ref _openings);
        return storage;
    }

    private static async Task<List<int>> ReadAllAsync(IPartition partition)
    {
        var end = (await partition.GetStatusAsync(default)).HighWatermark;
        List<int> numbers = [];
        while (numbers.Count < end)
        {
            var reply = await partition.FetchAsync(new(numbers.Count, 1 << 20, 1, TimeSpan.Zero), default);
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            numbers.AddRange(
                records.Pieces.SelectMany(TestBatch.Split).Select(batch => TestBatch.NumberOf(batch.Span)));
        }

        return numbers;
    }
}
