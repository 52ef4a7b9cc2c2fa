using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <remarks>Runs alone, because rented and abandoned buffers are counted per process.</remarks>
[Collection(nameof(ProduceApiTests))]
public sealed class ProduceApiTests
{
    private readonly ScriptedCluster _cluster = new(partitionCount: 2);
    private readonly RouterHarness _harness;
    private readonly long _rented = PooledBuffer.RentedCount;
    private readonly long _abandoned = PooledBuffer.AbandonedCount;

    public ProduceApiTests() => _harness = new RouterHarness(_cluster);

    [Fact]
    public async Task Each_partition_is_answered_with_its_own_outcome()
    {
        _cluster[0].OnAppend = _ => new(new AppendReply(StreamError.None, 7, 1_234, 3, null));
        _cluster[1].OnAppend = _ => new(AppendReply.Refused(StreamError.BatchTooLarge, "too large"));

        var response = await _harness.AskAsync(Request(acks: -1, [Batch(0), Batch(1), Batch(2)]));

        Assert.Equal(
            [
                new ProducedPartition(0, ErrorCode.None, 7, 1_234, 3),
                new ProducedPartition(1, ErrorCode.MessageTooLarge, -1, ErrorMessage: "too large"),
                new ProducedPartition(2, ErrorCode.UnknownTopicOrPartition, -1),
            ],
            response.Topics[0].Partitions.Select(partition => partition with { RecordErrors = null }));
        AssertNothingRented();
    }

    [Theory]
    [InlineData(-1, Acks.All)]
    [InlineData(1, Acks.Leader)]
    public async Task Acks_and_timeout_are_passed_on(short acks, Acks expected)
    {
        await _harness.AskAsync(Request(acks, [Batch(0)], timeoutMs: 1_500));

        var append = Assert.Single(_cluster[0].Appends);
        Assert.Equal((expected, TimeSpan.FromSeconds(1.5)), (append.Acks, append.Timeout));
    }

    [Theory]
    [InlineData(int.MaxValue, 60_000)]
    [InlineData(-5, 0)]
    public async Task The_timeout_is_kept_within_the_limits(int timeoutMs, int expectedMs)
    {
        var options = new KafkaApiOptions { MaxProduceTimeout = TimeSpan.FromMinutes(1) };
        await new RouterHarness(_cluster, options).AskAsync(Request(acks: 1, [Batch(0)], timeoutMs));

        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs), Assert.Single(_cluster[0].Appends).Timeout);
    }

    [Fact]
    public async Task Without_acks_there_is_no_reply()
    {
        using var reply = await _harness.StartAsync(Request(acks: 0, [Batch(0)]), version: 9);

        Assert.True(reply.Head.IsEmpty);
        Assert.Equal(Acks.Leader, Assert.Single(_cluster[0].Appends).Acks);
        AssertNothingRented();
    }

    [Fact]
    public async Task Without_acks_a_refusal_ends_the_connection()
    {
        _cluster[0].OnAppend = _ => new(AppendReply.Refused(StreamError.CorruptBatch));

        await Assert.ThrowsAsync<ProtocolException>(
            () => _harness.StartAsync(Request(acks: 0, [Batch(0)]), version: 9));
        await Assert.ThrowsAsync<ProtocolException>(
            () => _harness.StartAsync(Request(acks: 0, [Batch(0)]) with { TransactionalId = "t" }, version: 9));
        AssertNothingRented();
    }

    [Fact]
    public async Task Other_acks_are_refused()
    {
        var response = await _harness.AskAsync(Request(acks: 2, [Batch(0)]));

        Assert.Equal(ErrorCode.InvalidRequiredAcks, response.Topics[0].Partitions[0].Error);
        Assert.Empty(_cluster[0].Appends);
        AssertNothingRented();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_versions_of_old_batches_are_refused_with_an_answer(int version)
    {
        var response = await _harness.AskAsync(Request(acks: 1, [Batch(0)]), version);

        Assert.Equal(ErrorCode.UnsupportedVersion, response.Topics[0].Partitions[0].Error);
        Assert.Empty(_cluster[0].Appends);
    }

    [Fact]
    public async Task Transactions_are_refused()
    {
        var response = await _harness.AskAsync(Request(acks: -1, [Batch(0)]) with { TransactionalId = "t" });

        Assert.Equal(ErrorCode.TransactionalIdAuthorizationFailed, response.Topics[0].Partitions[0].Error);
        Assert.Empty(_cluster[0].Appends);
    }

    [Fact]
    public async Task There_is_exactly_one_batch_per_partition()
    {
        var two = new ProducePartition(0, (byte[])[.. EmptyBatch, .. EmptyBatch]);
        var none = new ProducePartition(1, default);

        var response = await _harness.AskAsync(Request(acks: -1, [two, none]));

        Assert.All(
            response.Topics[0].Partitions, partition => Assert.Equal(ErrorCode.InvalidRecord, partition.Error));
        Assert.Empty(_cluster[0].Appends);
    }

    [Fact]
    public async Task The_frame_is_kept_until_every_append_is_answered()
    {
        var answer = new TaskCompletionSource<AppendReply>();
        _cluster[0].OnAppend = _ => new(answer.Task);
        var replying = _harness.StartAsync(Request(acks: -1, [Batch(0), Batch(1)]), version: 9);

        Assert.False(replying.IsCompleted);
        Assert.Equal(_rented + 1, PooledBuffer.RentedCount);
        Assert.Equal(EmptyBatch, _cluster[0].Appends[0].Batch.ToArray());

        answer.SetResult(new AppendReply(StreamError.None, 0, -1, 0, null));
        (await replying).Dispose();
        AssertNothingRented();
    }

    [Fact]
    public async Task After_a_timeout_the_frame_is_abandoned()
    {
        _cluster[0].OnAppend = _ => new(AppendReply.Refused(StreamError.TimedOut));

        var response = await _harness.AskAsync(Request(acks: -1, [Batch(0)]));

        Assert.Equal(ErrorCode.RequestTimedOut, response.Topics[0].Partitions[0].Error);
        Assert.Equal(_abandoned + 1, PooledBuffer.AbandonedCount);
    }

    [Fact]
    public async Task After_a_failure_the_frame_is_abandoned()
    {
        _cluster[0].OnAppend = _ => throw new IOException("broken");

        await Assert.ThrowsAsync<IOException>(() => _harness.AskAsync(Request(acks: -1, [Batch(0)])));

        Assert.Equal(_abandoned + 1, PooledBuffer.AbandonedCount);
    }

    [Fact]
    public async Task A_request_that_is_cut_off_gives_its_frame_back()
    {
        // The header of a Produce version 3 and nothing more.
        byte[] request = [0, 0, 0, 3, 0, 0, 0, 1, 0xFF, 0xFF];

        await Assert.ThrowsAsync<ProtocolException>(() => _harness.StartAsync(request));

        AssertNothingRented();
    }

    [Fact]
    public async Task Appends_keep_their_order_while_the_catalog_is_slow()
    {
        var catalog = new TaskCompletionSource();
        _cluster.Catalog = catalog.Task;
        var first = _harness.AskAsync(Request(acks: 1, [Batch(0)], timeoutMs: 1));
        _cluster.Catalog = Task.CompletedTask;
        var second = _harness.AskAsync(Request(acks: 1, [Batch(0)], timeoutMs: 2));
        Assert.Empty(_cluster[0].Appends);

        catalog.SetResult();
        await Task.WhenAll(first, second);

        Assert.Equal([1, 2], _cluster[0].Appends.Select(append => append.Timeout.TotalMilliseconds));
    }

    private static byte[] EmptyBatch
    {
        get
        {
            // Base offset, then a length of 49 bytes, the epoch, and magic 2: as much as the gateway looks at.
            var batch = new byte[61];
            batch[11] = 49;
            batch[16] = 2;
            return batch;
        }
    }

    private static ProducePartition Batch(int partition) => new(partition, EmptyBatch);

    private static ProduceRequest Request(short acks, ProducePartition[] partitions, int timeoutMs = 1_000)
        => new(TransactionalId: null, acks, timeoutMs, [new(ScriptedCluster.TopicName, partitions)]);

    private void AssertNothingRented()
        => Assert.Equal((_rented, _abandoned), (PooledBuffer.RentedCount, PooledBuffer.AbandonedCount));

    [CollectionDefinition(nameof(ProduceApiTests), DisableParallelization = true)]
    public sealed class Alone;
}
