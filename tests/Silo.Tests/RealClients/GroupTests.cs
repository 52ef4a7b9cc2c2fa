using System.Collections.Concurrent;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class GroupTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int PartitionCount = 12;
    private const int RecordCount = 200_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    // Short enough to wait for, long enough for a busy machine to send a heartbeat.
    private static readonly TimeSpan s_session = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_longSession = TimeSpan.FromMinutes(5);

    private readonly TemporaryDirectory _data = new();
    private SiloProcess _silo = null!; // Set before each test.

    public async Task InitializeAsync() => _silo = await StartSiloAsync();

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _data.Dispose();
    }

    [TheoryNeeding("python3-confluent-kafka")]
    [InlineData("range")]
    [InlineData("cooperative-sticky")]
    public async Task Members_come_go_and_die_and_every_record_is_read(string assignor)
    {
        var flow = await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", PartitionCount);
        await using var first = Join(assignor, s_session);
        await first.OwnsAsync(PartitionCount);
        await flow.SendAsync(_silo.KafkaAddress, RecordCount / 4);

        var flowing = flow.SendAsync(_silo.KafkaAddress, RecordCount / 4);
        await using var second = Join(assignor, s_session);
        await using var third = Join(assignor, s_session);
        await Task.WhenAll(new[] { first, second, third }.Select(member => member.OwnsAsync(PartitionCount / 3)));
        await flowing;

        flowing = flow.SendAsync(_silo.KafkaAddress, RecordCount / 4);
        await third.LeaveAsync();
        await Task.WhenAll(new[] { first, second }.Select(member => member.OwnsAsync(PartitionCount / 2)));
        await flowing;

        flowing = flow.SendAsync(_silo.KafkaAddress, RecordCount / 4);
        await second.KillAsync();
        await first.OwnsAsync(PartitionCount);
        await flowing;

        await CommittedAsync("members", "flow", flow.Counts);
        await first.LeaveAsync();
        GroupLedger.AssertNothingLost([.. first.Lines, .. second.Lines, .. third.Lines], flow.Counts);
    }

    [FactNeeding("python3-confluent-kafka")]
    public async Task A_static_member_that_comes_back_keeps_its_partitions_and_disturbs_nobody()
    {
        var flow = await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", PartitionCount);
        await using var lasting = Join("range", s_longSession, "lasting");
        await lasting.OwnsAsync(PartitionCount);
        await using var before = Join("range", s_longSession, "restarted");
        var partitions = await before.OwnsAsync(PartitionCount / 2);
        await lasting.OwnsAsync(PartitionCount / 2);
        var undisturbed = lasting.Lines.Length;
        await before.KillAsync();

        await using var after = Join("range", s_longSession, "restarted");

        Assert.Equal(partitions, await after.OwnsAsync(PartitionCount / 2));
        Assert.Equal(undisturbed, lasting.Lines.Length);
        await flow.SendAsync(_silo.KafkaAddress, RecordCount / 20);
        await CommittedAsync("members", "flow", flow.Counts);
        await Task.WhenAll(lasting.LeaveAsync(), after.LeaveAsync());
        GroupLedger.AssertNothingLost([.. lasting.Lines, .. before.Lines, .. after.Lines], flow.Counts);
    }

    [FactNeeding("kcat")]
    public async Task A_group_of_kcat_goes_on_where_it_stopped()
    {
        var flow = await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", PartitionCount);
        await flow.SendAsync(_silo.KafkaAddress, 6_000);
        Assert.Equal(6_000, (await KcatAsync()).Distinct().Count());

        await flow.SendAsync(_silo.KafkaAddress, 3_000);

        Assert.Equal(3_000, (await KcatAsync()).Distinct().Count());
    }

    [FactNeeding("kafkajs")]
    public async Task Kafkajs_reads_as_a_group_and_administers_it()
    {
        var flow = await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", PartitionCount);
        await flow.SendAsync(_silo.KafkaAddress, 3_000);
        var path = Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/node/group.js");

        Assert.Equal(
            [
                "state Stable 1", "read 3000", "committed 3000", "groups kafkajs", "deleted kafkajs 0",
                "retention 86400000", "moving 0",
            ],
            await ChildProcess.RunAsync(s_timeout, "node", path, _silo.KafkaAddress, "flow", "3000"));
    }

    [FactNeeding("python3-confluent-kafka")]
    public async Task Admin_clients_see_groups_and_take_them_away()
    {
        var flow = await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", PartitionCount);
        await using var member = Join("range", s_session);
        await member.OwnsAsync(PartitionCount);
        await flow.SendAsync(_silo.KafkaAddress, 3_000);
        await CommittedAsync("members", "flow", flow.Counts);
        Assert.Equal(["members Stable consumer range 1"], await ListGroupsAsync());
        using var connection = await KafkaConnection.OpenAsync(_silo.KafkaAddress);
        Assert.Equal(ErrorCode.NonEmptyGroup, await DeleteAsync(connection));

        await member.LeaveAsync();

        Assert.Equal(["members Empty consumer - 0"], await ListGroupsAsync());
        var forgotten = await connection.SendAsync<OffsetDeleteRequest, OffsetDeleteResponse>(
            new("members", [new("flow", [3])]), version: 0);
        Assert.Equal([new(3, ErrorCode.None)], Assert.Single(forgotten.Topics).Partitions);
        var offsets = await FetchOffsetsAsync(connection, "members", "flow", PartitionCount);
        Assert.Equal([.. flow.Counts.Select((count, partition) => partition == 3 ? -1 : count)], offsets);
        Assert.Equal(ErrorCode.None, await DeleteAsync(connection));
        Assert.Empty(await ListGroupsAsync());
    }

    [Fact]
    public async Task No_committed_offset_goes_back_when_the_silo_is_killed()
    {
        const int GroupCount = 8;
        await RecordFlow.OpenAsync(_silo.KafkaAddress, "flow", partitionCount: 1);
        var acknowledged = new ConcurrentDictionary<int, long>();
        using var enough = new CountdownEvent(2_000);
        var committing = Enumerable.Range(0, GroupCount).Select(group => CommitUntilItEndsAsync(
            group, offset =>
            {
                acknowledged[group] = offset;
                if (!enough.IsSet)
                {
                    enough.Signal();
                }
            })).ToArray();

        Assert.True(await Task.Run(() => enough.Wait(s_timeout)));
        await _silo.KillAsync();
        await Task.WhenAll(committing).WaitAsync(s_timeout);

        _silo = await StartSiloAsync();
        using var connection = await KafkaConnection.OpenAsync(_silo.KafkaAddress);
        for (var group = 0; group < GroupCount; group++)
        {
            var offset = Assert.Single(await FetchOffsetsAsync(connection, $"killed-{group}", "flow", 1));
            Assert.InRange(offset, acknowledged[group], acknowledged[group] + 1);
        }
    }

    private Task<SiloProcess> StartSiloAsync() => SiloProcess.StartAsync(
        _data.Path, output.WriteLine, "--set", "Engine:Groups:InitialRebalanceDelay=00:00:00");

    private GroupMember Join(string assignor, TimeSpan session, string? instanceId = null)
        => GroupMember.Start(_silo.KafkaAddress, "members", "flow", assignor, session, instanceId);

    private async Task CommitUntilItEndsAsync(int group, Action<long> acknowledge)
    {
        using var connection = await KafkaConnection.OpenAsync(_silo.KafkaAddress);
        try
        {
            for (var offset = 1L; ; offset++)
            {
                var response = await connection.SendAsync<OffsetCommitRequest, OffsetCommitResponse>(
                    new($"killed-{group}", -1, "", null, -1, [new("flow", [new(0, offset, -1, null)])]), version: 9);
                Assert.Equal([new(0, ErrorCode.None)], Assert.Single(response.Topics).Partitions);
                acknowledge(offset);
            }
        }
        catch (IOException)
        {
            // The silo is gone; the commit on its way is nobody's promise.
        }
    }

    /// <summary>Waits until the group has committed all there is.</summary>
    private async Task CommittedAsync(string group, string topic, IReadOnlyList<long> counts)
    {
        using var deadline = new CancellationTokenSource(s_timeout);
        using var connection = await KafkaConnection.OpenAsync(_silo.KafkaAddress);
        while (!counts.SequenceEqual(await FetchOffsetsAsync(connection, group, topic, counts.Count)))
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<long[]> FetchOffsetsAsync(
        KafkaConnection connection, string group, string topic, int partitionCount)
    {
        var response = await connection.SendAsync<OffsetFetchRequest, OffsetFetchResponse>(
            new([new(group, [new(topic, [.. Enumerable.Range(0, partitionCount)])])]), version: 9);
        return [.. response.Groups[0].Topics[0].Partitions.Select(partition => partition.Offset)];
    }

    private static async Task<ErrorCode> DeleteAsync(KafkaConnection connection)
    {
        var response = await connection.SendAsync<DeleteGroupsRequest, DeleteGroupsResponse>(
            new(["members"]), version: 2);
        return Assert.Single(response.Groups).Error;
    }

    private Task<string[]> KcatAsync() => ChildProcess.RunAsync(
        s_timeout, "kcat", "-q", "-b", _silo.KafkaAddress, "-X", "auto.offset.reset=earliest",
        "-e", "-G", "kcat", "flow");

    private Task<string[]> ListGroupsAsync()
    {
        var path = Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python/list_groups.py");
        return ChildProcess.RunAsync(s_timeout, Prerequisite.Python, path, _silo.KafkaAddress);
    }
}
