using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>The time of day is set forward and back by hours while a cluster is at work.</summary>
public sealed class ClockJumpTests : IAsyncLifetime
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly GatedStorage _storage = new(new MemoryStorage());
    private LocalCluster _cluster = null!; // Set by InitializeAsync, as is the partition.
    private IPartition _partition = null!;

    public async Task InitializeAsync()
    {
        _cluster = await LocalCluster.OpenAsync(
            _ => Task.FromResult<IStorage>(_storage), GroupClient.Options, NullLoggerFactory.Instance, _time, default);
        var config = new Dictionary<string, string> { ["retention.ms"] = "86400000" };
        var created = await _cluster.Topics.CreateAsync(new("topic", 1, config), default);
        _partition = _cluster.GetPartition(new(created.Topic!.Id, 0));
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(5, -10)]
    [InlineData(-5, 10)]
    public async Task Nothing_expires_and_who_waits_gets_what_it_waits_for(int firstHours, int thenHours)
    {
        Assert.Equal(0, (await AppendAsync(0)).BaseOffset);
        var member = new GroupClient(_cluster.Groups, "group");
        await member.EnterAsync();
        var fetch = FetchAsync(offset: 1);
        _storage.Hold();
        var append = AppendAsync(1);
        await _storage.Held;

        foreach (var hours in new[] { firstHours, thenHours })
        {
            _time.Jump(TimeSpan.FromHours(hours));
            _time.Advance(TimeSpan.FromSeconds(2)); // Timers fire, and maintenance runs.
            Assert.False(append.IsCompleted);
            Assert.False(fetch.IsCompleted);
        }

        _storage.Release();
        Assert.Equal(1, (await append).BaseOffset);
        Assert.Equal(StreamError.None, await member.HeartbeatAsync());
        Assert.Equal(0, (await AppendAsync(0)).BaseOffset); // A retry is still known.
        using var fetched = (await fetch).Records;
        Assert.NotEqual(0, fetched.LengthBytes);
        using var first = (await FetchAsync(offset: 0)).Records;
        Assert.NotEqual(0, first.LengthBytes);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Who_waits_in_vain_is_answered_after_the_time_that_has_passed(int hours)
    {
        var fetch = FetchAsync(offset: 0);
        _storage.Hold();
        var append = AppendAsync(0);
        await _storage.Held;

        _time.Jump(TimeSpan.FromHours(hours));
        _time.Advance(s_wait + TimeSpan.FromSeconds(1));

        Assert.Equal(StreamError.TimedOut, (await append).Error);
        Assert.Equal(0, (await fetch).Records.LengthBytes);
        _storage.Release();
    }

    private Task<AppendReply> AppendAsync(int number)
    {
        var batch = TestBatch.Numbered(
            number, timestamp: _time.GetUtcNow().ToUnixTimeMilliseconds(), producerId: 7, baseSequence: number);
        return _partition.AppendAsync(new(batch, Acks.All, s_wait), default).AsTask();
    }

    private Task<FetchReply> FetchAsync(long offset)
        => _partition.FetchAsync(new(offset, MaxBytes: 1 << 20, MinBytes: 1, s_wait), default).AsTask();
}
