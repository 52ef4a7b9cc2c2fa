using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class FetchSessionTests : ClusterTests
{
    private const int NoSession = -1;
    private const int NewSession = 0;

    private Guid _orders;

    [Fact]
    public async Task After_the_first_request_only_what_changed_is_named()
    {
        var id = await OpenSessionAsync(0, 1);

        Assert.Empty((await ContinueAsync(id, epoch: 1)).Topics);

        await ProduceAsync("orders", 1);
        var changed = await ContinueAsync(id, epoch: 2);
        Assert.Equal((id, 0), (changed.SessionId, Assert.Single(Indexes(changed))));
        Assert.NotEqual(0, changed.Topics[0].Partitions[0].Records.LengthBytes);

        Assert.Empty((await ContinueAsync(id, epoch: 3, Wanted(0, offset: 1))).Topics);
    }

    [Fact]
    public async Task A_new_log_start_is_a_change()
    {
        var id = await OpenSessionAsync(0);
        await ProduceAsync("orders", 1);
        Assert.Equal(0, Assert.Single(Indexes(await ContinueAsync(id, epoch: 1, Wanted(0, offset: 1)))));

        await Harness.AskAsync(new DeleteRecordsRequest([new("orders", [new(0, 1)])], 1_000));

        Assert.Equal(1, (await ContinueAsync(id, epoch: 2)).Topics[0].Partitions[0].LogStartOffset);
        Assert.Empty((await ContinueAsync(id, epoch: 3)).Topics);
    }

    [Fact]
    public async Task Partitions_come_and_go()
    {
        var id = await OpenSessionAsync(0);

        var added = await ContinueAsync(id, epoch: 1, Wanted(1));
        Assert.Equal([1], Indexes(added));

        await ProduceAsync("orders", 1);
        var request = Request(id, epoch: 2) with { ForgottenTopics = [new("", _orders, [0])] };
        Assert.Empty((await Harness.AskAsync(request)).Topics);
    }

    [Fact]
    public async Task A_session_without_partitions_ends()
    {
        var id = await OpenSessionAsync(0);
        var request = Request(id, epoch: 1) with { ForgottenTopics = [new("", _orders, [0])] };

        Assert.Equal((ErrorCode.None, 0), Outcome(await Harness.AskAsync(request)));

        Assert.Equal((ErrorCode.FetchSessionIdNotFound, 0), Outcome(await ContinueAsync(id, epoch: 2)));
    }

    [Fact]
    public async Task An_error_is_told_until_it_is_over()
    {
        var id = await OpenSessionAsync(0);

        for (var epoch = 1; epoch <= 2; epoch++)
        {
            var partition = (await ContinueAsync(id, epoch, Wanted(0, offset: 9))).Topics[0].Partitions[0];
            Assert.Equal(ErrorCode.OffsetOutOfRange, partition.Error);
        }

        Assert.Equal(ErrorCode.None, (await ContinueAsync(id, 3, Wanted(0))).Topics[0].Partitions[0].Error);
        Assert.Empty((await ContinueAsync(id, epoch: 4)).Topics);
    }

    [Fact]
    public async Task Partitions_with_records_take_turns_where_only_one_fits()
    {
        var id = await OpenSessionAsync(0, 1);
        await ProduceAsync("orders", 1);
        await ProduceToSecondAsync();

        var named = new List<int>();
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            var response = await Harness.AskAsync(Request(id, epoch) with { MaxBytes = 1 });
            named.AddRange(response.Topics
                .SelectMany(topic => topic.Partitions)
                .Where(partition => partition.Records.LengthBytes > 0)
                .Select(partition => partition.Index));
        }

        Assert.Equal([0, 1, 0, 1], named);
    }

    [Theory]
    [InlineData(1, 2, ErrorCode.InvalidFetchSessionEpoch)]
    [InlineData(2, 1, ErrorCode.FetchSessionIdNotFound)]
    public async Task A_request_out_of_turn_is_refused_and_the_session_goes_on(
        int factor, int epoch, ErrorCode expected)
    {
        var id = await OpenSessionAsync(0);

        Assert.Equal((expected, 0), Outcome(await ContinueAsync(unchecked(id * factor), epoch)));

        Assert.Equal((ErrorCode.None, id), Outcome(await ContinueAsync(id, epoch: 1)));
    }

    [Fact]
    public async Task A_session_sticks_to_names_or_ids()
    {
        var id = await OpenSessionAsync(0);

        var byName = await Harness.AskAsync(Request(id, epoch: 1), version: 12);

        Assert.Equal((ErrorCode.FetchSessionTopicIdError, 0), Outcome(byName));
    }

    [Fact]
    public async Task Of_two_requests_at_once_the_later_counts()
    {
        var cluster = new ScriptedCluster(partitionCount: 1);
        var harness = new RouterHarness(cluster);
        _orders = cluster.Topic.Id;
        var id = (await harness.AskAsync(Request(0, NewSession, Wanted(0)))).SessionId;
        var waiting = harness.AskAsync(Request(id, epoch: 1) with { MinBytes = 10, MaxWaitMs = 60_000 });
        await cluster[0].Waiting.Task;

        Assert.Equal((ErrorCode.None, id), Outcome(await harness.AskAsync(Request(id, epoch: 2))));

        cluster[0].Store(10);
        Assert.Equal((ErrorCode.InvalidFetchSessionEpoch, 0), Outcome(await waiting));
        Assert.Equal(0, cluster[0].LentCount);
    }

    [Theory]
    [InlineData(NoSession, false)]
    [InlineData(NewSession, true)]
    public async Task A_full_request_ends_the_session_it_names(int epoch, bool opensAnother)
    {
        var id = await OpenSessionAsync(0);

        var full = await Harness.AskAsync(Request(id, epoch, Wanted(0), Wanted(1)));

        Assert.Equal([0, 1], Indexes(full));
        Assert.Equal(opensAnother, full.SessionId != 0);
        Assert.Equal((ErrorCode.FetchSessionIdNotFound, 0), Outcome(await ContinueAsync(id, epoch: 1)));
    }

    [Fact]
    public async Task A_full_cache_gives_only_idle_sessions_up()
    {
        await CreateOrdersAsync();
        var clock = new ManualTimeProvider();
        var harness = new RouterHarness(Cluster, new KafkaApiOptions { MaxFetchSessions = 2 }, clock: clock);
        var idle = await OpenAsync(harness);
        clock.Advance(TimeSpan.FromMinutes(1));
        var used = await OpenAsync(harness);

        Assert.Equal(0, await OpenAsync(harness));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(0, await OpenAsync(harness));
        Assert.Equal(
            ErrorCode.FetchSessionIdNotFound, (await harness.AskAsync(Request(idle, epoch: 1))).Error);
        Assert.Equal(ErrorCode.None, (await harness.AskAsync(Request(used, epoch: 1))).Error);
    }

    private static async Task<int> OpenAsync(RouterHarness harness, FetchRequest request)
        => (await harness.AskAsync(request)).SessionId;

    private Task<int> OpenAsync(RouterHarness harness) => OpenAsync(harness, Request(0, NewSession, Wanted(0)));

    /// <summary>Opens a session of partitions of a new topic.</summary>
    private async Task<int> OpenSessionAsync(params int[] partitions)
    {
        await CreateOrdersAsync();
        var response = await Harness.AskAsync(
            Request(0, NewSession, [.. partitions.Select(partition => Wanted(partition))]));
        Assert.Equal(partitions, Indexes(response));
        Assert.NotEqual(0, response.SessionId);
        return response.SessionId;
    }

    private async Task CreateOrdersAsync() => _orders = await CreateTopicAsync("orders", partitionCount: 2);

    private Task<FetchResponse> ContinueAsync(int id, int epoch, params FetchPartition[] changes)
        => Harness.AskAsync(Request(id, epoch, changes));

    private async Task ProduceToSecondAsync()
        => await Harness.AskAsync(
            new ProduceRequest(null, Acks: -1, 10_000, [new("orders", [new ProducePartition(1, Batch(1))])]));

    private FetchRequest Request(int id, int epoch, params FetchPartition[] partitions) => new(
        ReplicaId: -1,
        MaxWaitMs: 0,
        MinBytes: 0,
        MaxBytes: 1_000_000,
        IsolationLevel: 0,
        id,
        epoch,
        partitions.Length == 0 ? [] : [new FetchTopic("", _orders, partitions)],
        ForgottenTopics: [],
        RackId: "");

    private static FetchPartition Wanted(int partition, long offset = 0) => new(partition, -1, offset, -1, -1, 1_000);

    private static int[] Indexes(FetchResponse response)
        => [.. response.Topics.SelectMany(topic => topic.Partitions).Select(partition => partition.Index)];

    private static (ErrorCode Error, int SessionId) Outcome(FetchResponse response)
        => (response.Error, response.SessionId);
}
