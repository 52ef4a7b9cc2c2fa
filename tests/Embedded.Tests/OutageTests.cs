using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>A storage that takes no changes for a minute: a full disk, or one that cannot be reached.</summary>
public sealed class OutageTests
{
    private const int Seconds = 60;

    private readonly ManualTimeProvider _time = new();
    private readonly FaultyStorage _storage = new(seed: 1);
    private readonly SemaphoreSlim _openings = new(0);

    [Theory]
    [InlineData(Fault.Error)]
    [InlineData(Fault.DiskFull)]
    public async Task Appends_are_refused_and_go_on_by_themselves_with_nothing_lost(Fault fault)
    {
        await using var cluster = await LocalCluster.OpenAsync(
            OpenStorageAsync, new EngineOptions(), NullLoggerFactory.Instance, _time, default);
        var created = await cluster.Topics.CreateAsync(new("topic", 1, new Dictionary<string, string>()), default);
        var partition = cluster.GetPartition(new(created.Topic!.Id, 0));
        Assert.Equal((StreamError.None, 0), await AppendAsync(partition, 0));

        _storage.FailAll(fault);
        for (var second = 0; second <= Seconds; second++)
        {
            await WaitForOpeningAsync();
            var (error, _) = await AppendAsync(partition, 1);
            Assert.True(error is StreamError.StorageFailed or StreamError.NotHosted, $"{error}");
        }

        _storage.Heal();
        while (await AppendAsync(partition, 1) is var (error, offset) && error != StreamError.None)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        // The batch that hit the fault is there at most once, for it was refused and sent again by the same producer.
        Assert.Equal((StreamError.None, 1), await AppendAsync(partition, 1));
        Assert.Equal((StreamError.None, 2), await AppendAsync(partition, 2));
    }

    private Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken)
    {
        _openings.Release();
        return Task.FromResult<IStorage>(_storage);
    }

    // The first is the cluster's own; each that follows comes a second after the one before has failed.
    private async Task WaitForOpeningAsync()
    {
        while (!await _openings.WaitAsync(TimeSpan.Zero))
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    private async Task<(StreamError Error, long Offset)> AppendAsync(IPartition partition, int number)
    {
        var batch = TestBatch.Numbered(
            number, timestamp: _time.GetUtcNow().ToUnixTimeMilliseconds(), producerId: 7, baseSequence: number);
        var reply = await partition.AppendAsync(new(batch, Acks.All, TimeSpan.FromDays(1)), default);
        Assert.Equal(reply.Error == StreamError.None, reply.Message is null);
        return (reply.Error, reply.BaseOffset);
    }
}
