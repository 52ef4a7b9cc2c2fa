using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Coordination;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Engine.Tests.Hosting.Coordination;

public sealed class GroupCoordinatorTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private TestStore _store = null!;
    private PartitionHost _partition = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.OpenAsync(new MemoryStorage(), time: _time);
        _partition = await _store.CreateAsync(TopicDescription.GroupsTopic, "retention.ms", "-1");
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Of_two_coordinators_only_one_that_knows_all_has_its_commits_stored()
    {
        await using var first = Coordinate();
        await using var second = Coordinate();
        Assert.Equal(StreamError.None, await CommitAsync(first, 1));
        Assert.Equal(StreamError.None, await CommitAsync(second, 2));

        Assert.Equal(StreamError.NotHosted, await CommitAsync(first, 3));
        Assert.Equal(2, await FetchAsync(first));

        Assert.Equal(StreamError.None, await CommitAsync(first, 4));
        Assert.Equal(StreamError.NotHosted, await CommitAsync(second, 5));
        Assert.Equal(4, await FetchAsync(second));
    }

    [Fact]
    public async Task Whoever_waits_for_a_silent_member_is_answered_when_its_time_is_over()
    {
        await using var coordinator = Coordinate();
        await new GroupClient(coordinator, "group").EnterAsync();
        var second = new GroupClient(coordinator, "group");
        var joining = second.JoinAsync();
        while ((await coordinator.DescribeAsync("group", default)).State != GroupState.PreparingRebalance)
        {
            await Task.Yield();
        }

        // Once its answer is there the coordinator has set its timer, or is about to.
        while (!joining.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(StreamError.None, (await joining).Error);
        Assert.Single(second.Members);
    }

    [Fact]
    public async Task A_coordinator_that_is_closed_refuses_who_waits_and_who_comes()
    {
        var coordinator = Coordinate();
        var member = new GroupClient(coordinator, "group");
        await member.EnterAsync();
        var joining = new GroupClient(coordinator, "group").JoinAsync();

        await coordinator.DisposeAsync();

        Assert.Equal(StreamError.NotHosted, (await joining).Error);
        Assert.Equal(StreamError.NotHosted, await member.HeartbeatAsync());
    }

    [Fact]
    public async Task The_partition_does_not_grow_with_history()
    {
        await using var coordinator = Coordinate();
        var topic = Guid.NewGuid();
        for (var round = 1; round <= 20; round++)
        {
            var offsets = Enumerable.Range(0, 600)
                .Select(number => new CommittedOffset(new(topic, number), round, -1, ""));
            var reply = await new GroupClient(coordinator, "group").CommitAsync([.. offsets]);
            Assert.Equal(StreamError.None, reply.Error);
        }

        await using var later = Coordinate();
        var fetched = await later.FetchOffsetsAsync(new("group", null), default);
        Assert.Equal(600, fetched.Offsets.Count(offset => offset.Offset == 20));
        var status = await _partition.GetStatusAsync(default);
        Assert.InRange(status.HighWatermark - status.LogStartOffset, 600, 600 + 1_000 + 600);
    }

    private GroupCoordinator Coordinate()
        => new(
            _partition.Id, _partition, _store.Store.Topics, GroupClient.Options.Groups, _time, NullLogger.Instance);

    private static async Task<StreamError> CommitAsync(GroupCoordinator coordinator, long offset)
    {
        var anybody = new GroupClient(coordinator, "group");
        return (await anybody.CommitAsync(new CommittedOffset(default, offset, -1, ""))).Error;
    }

    private static async Task<long> FetchAsync(GroupCoordinator coordinator)
        => Assert.Single((await coordinator.FetchOffsetsAsync(new("group", null), default)).Offsets).Offset;
}
