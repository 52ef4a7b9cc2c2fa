using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Kafka;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class FetchApiTests
{
    private const int LongWaitMs = 60_000;

    [Fact]
    public async Task A_single_partition_does_the_waiting_itself()
    {
        var cluster = new ScriptedCluster(partitionCount: 1);
        var fetching = Ask(cluster, Request(cluster, minBytes: 50));
        await cluster[0].Waiting.Task;

        cluster[0].Store(60);

        Assert.Equal([60], Lengths(await fetching));
        var fetch = Assert.Single(cluster[0].Fetches);
        Assert.Equal(50, fetch.MinBytes);
        Assert.Equal(TimeSpan.FromMilliseconds(LongWaitMs), fetch.MaxWait);
    }

    [Fact]
    public async Task Records_in_one_of_many_partitions_end_the_wait_of_all()
    {
        var cluster = new ScriptedCluster(partitionCount: 3);
        var fetching = Ask(cluster, Request(cluster, minBytes: 1));
        await Task.WhenAll(cluster[0].Waiting.Task, cluster[1].Waiting.Task, cluster[2].Waiting.Task);

        cluster[1].Store(60);

        Assert.Equal([0, 60, 0], Lengths(await fetching));
    }

    [Fact]
    public async Task Bytes_that_are_missing_may_come_from_several_partitions()
    {
        var cluster = new ScriptedCluster(partitionCount: 3);
        var fetching = Ask(cluster, Request(cluster, minBytes: 300));
        await Task.WhenAll(cluster[0].Waiting.Task, cluster[1].Waiting.Task, cluster[2].Waiting.Task);

        cluster[0].Store(100);
        cluster[1].Store(100);
        cluster[2].Store(100);

        Assert.Equal([100, 100, 100], Lengths(await fetching));
    }

    [Fact]
    public async Task A_partition_that_holds_more_than_fits_does_not_end_the_wait_of_the_others()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(100);
        cluster[0].Store(100);
        var fetching = Ask(cluster, Request(cluster, minBytes: 150, partitionBytes: 100));
        await cluster[1].Waiting.Task;
        Assert.False(fetching.IsCompleted);

        cluster[1].Store(60);

        Assert.Equal([100, 60], Lengths(await fetching));
    }

    [Fact]
    public async Task When_no_partition_has_more_to_give_the_client_is_answered()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        foreach (var partition in new[] { cluster[0], cluster[1] })
        {
            partition.Store(100);
            partition.Store(100);
        }

        Assert.Equal([100, 100], Lengths(await Ask(cluster, Request(cluster, minBytes: 250, partitionBytes: 100))));
    }

    [Fact]
    public async Task When_the_time_is_over_the_client_gets_what_there_is()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(10);
        var fetching = Ask(cluster, Request(cluster, minBytes: 1_000));
        await Task.WhenAll(cluster[0].Waiting.Task, cluster[1].Waiting.Task);

        cluster[0].TimeIsOver.SetResult();
        cluster[1].TimeIsOver.SetResult();

        Assert.Equal([10, 0], Lengths(await fetching));
    }

    [Fact]
    public async Task An_error_in_one_partition_is_not_kept_waiting()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[1].FetchError = StreamError.OffsetOutOfRange;

        var response = await Ask(cluster, Request(cluster, minBytes: 1));

        Assert.Equal(
            [ErrorCode.None, ErrorCode.OffsetOutOfRange],
            response.Topics[0].Partitions.Select(partition => partition.Error));
    }

    [Fact]
    public async Task The_budget_is_shared_out_in_the_order_of_the_request()
    {
        var cluster = new ScriptedCluster(partitionCount: 4);
        for (var i = 0; i < 4; i++)
        {
            cluster[i].Store(100);
        }

        var response = await Ask(cluster, Request(cluster, minBytes: 1, maxBytes: 250));

        Assert.Equal([100, 100, 0, 0], Lengths(response));
        Assert.All(response.Topics[0].Partitions, partition => Assert.Equal(1, partition.HighWatermark));
    }

    [Fact]
    public async Task Share_that_empty_partitions_leave_goes_to_those_behind_them()
    {
        var cluster = new ScriptedCluster(partitionCount: 4);
        cluster[3].Store(100);

        // Each partition may take the whole budget, so the first reserves all of it and returns nothing.
        var response = await Ask(cluster, Request(cluster, minBytes: 1, maxBytes: 100, partitionBytes: 100));

        Assert.Equal([0, 0, 0, 100], Lengths(response));
    }

    [Fact]
    public async Task The_first_batch_goes_out_even_if_it_is_larger_than_the_budget()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(500);
        cluster[1].Store(10);

        Assert.Equal([500, 0], Lengths(await Ask(cluster, Request(cluster, minBytes: 1, maxBytes: 100))));
    }

    [Fact]
    public async Task The_option_caps_what_a_client_may_ask_for()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(1_000);
        cluster[1].Store(1_000);
        var harness = new RouterHarness(cluster, new KafkaApiOptions { MaxFetchBytes = 1_024 });

        Assert.Equal([1_000, 0], Lengths(await harness.AskAsync(Request(cluster, minBytes: 1))));
    }

    [Theory]
    [InlineData(12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData(13, ErrorCode.UnknownTopicId)]
    public async Task A_topic_that_does_not_exist_is_named_as_the_version_does(int version, ErrorCode expected)
    {
        var cluster = new ScriptedCluster(partitionCount: 1);
        var unknown = new FetchTopic("unknown", Guid.NewGuid(), [new FetchPartition(0, -1, 0, -1, -1, 100)]);
        var response = await new RouterHarness(cluster).AskAsync(
            Request(cluster, minBytes: 1) with { Topics = [unknown] }, version);

        Assert.Equal(expected, response.Topics[0].Partitions[0].Error);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_partition_that_does_not_exist_is_not_looked_for(int partition)
    {
        var cluster = new ScriptedCluster(partitionCount: 1);
        var topic = new FetchTopic("", cluster.Topic.Id, [new FetchPartition(partition, -1, 0, -1, -1, 100)]);
        var response = await Ask(cluster, Request(cluster, minBytes: 1) with { Topics = [topic] });

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, response.Topics[0].Partitions[0].Error);
    }

    [Fact]
    public async Task Only_readers_of_committed_records_get_a_list_of_aborted_transactions()
    {
        var cluster = new ScriptedCluster(partitionCount: 1);
        cluster[0].Store(1);

        var all = await Ask(cluster, Request(cluster, minBytes: 1));
        var committed = await Ask(cluster, Request(cluster, minBytes: 1) with { IsolationLevel = 1 });

        Assert.Null(all.Topics[0].Partitions[0].AbortedTransactions);
        Assert.Empty(committed.Topics[0].Partitions[0].AbortedTransactions!);
    }

    [Fact]
    public async Task Records_are_lent_until_the_reply_is_disposed()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(10);
        cluster[1].Store(10);

        var reply = await new RouterHarness(cluster).StartAsync(Request(cluster, minBytes: 1), version: 13);
        Assert.Equal((1, 1), (cluster[0].LentCount, cluster[1].LentCount));

        reply.Dispose();
        Assert.Equal((0, 0), (cluster[0].LentCount, cluster[1].LentCount));
    }

    [Fact]
    public async Task When_one_partition_fails_the_records_of_the_others_are_given_back()
    {
        var cluster = new ScriptedCluster(partitionCount: 3);
        cluster[0].Store(10);
        cluster[1].FetchFailure = new IOException("broken");
        cluster[2].Store(10);

        await Assert.ThrowsAsync<IOException>(() => Ask(cluster, Request(cluster, minBytes: 1)));

        Assert.Equal((0, 0), (cluster[0].LentCount, cluster[2].LentCount));
    }

    [Fact]
    public async Task A_client_that_leaves_is_not_waited_for()
    {
        var cluster = new ScriptedCluster(partitionCount: 2);
        cluster[0].Store(10);
        using var closed = new CancellationTokenSource();
        var fetching = new RouterHarness(cluster).AskAsync(Request(cluster, minBytes: 1_000), closed: closed.Token);
        await cluster[1].Waiting.Task;

        await closed.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
        Assert.Equal(0, cluster[0].LentCount);
    }

    private static Task<FetchResponse> Ask(ScriptedCluster cluster, FetchRequest request)
        => new RouterHarness(cluster).AskAsync(request);

    private static FetchRequest Request(
        ScriptedCluster cluster, int minBytes, int maxBytes = 1_000_000, int partitionBytes = 1_000)
    {
        var partitions = Enumerable.Range(0, cluster.Topic.PartitionCount)
            .Select(partition => new FetchPartition(partition, -1, 0, -1, -1, partitionBytes));
        return new FetchRequest(
            ReplicaId: -1,
            LongWaitMs,
            minBytes,
            maxBytes,
            IsolationLevel: 0,
            SessionId: 0,
            SessionEpoch: -1,
            [new FetchTopic("", cluster.Topic.Id, [.. partitions])],
            ForgottenTopics: [],
            RackId: "");
    }

    private static IEnumerable<int> Lengths(FetchResponse response)
        => response.Topics[0].Partitions.Select(partition => partition.Records.LengthBytes);
}
