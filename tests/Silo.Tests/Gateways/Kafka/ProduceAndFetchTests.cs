using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class ProduceAndFetchTests : ClusterTests
{
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Theory]
    [InlineData(3, 4)]
    [InlineData(8, 11)]
    [InlineData(9, 12)]
    [InlineData(11, 17)]
    public async Task Records_come_back_as_they_were_sent(int produceVersion, int fetchVersion)
    {
        var id = await CreateTopicAsync("orders");
        var batch = Batch(_now, _now + 1);
        var produced = await Harness.AskAsync(
            new ProduceRequest(null, -1, 10_000, [new("orders", [new ProducePartition(0, batch)])]), produceVersion);
        Assert.Equal((ErrorCode.None, 0), Outcome(produced));

        var fetched = await Harness.AskAsync(Fetch(id, offset: 0), fetchVersion);

        var partition = fetched.Topics[0].Partitions[0];
        Assert.Equal((ErrorCode.None, 2, 2), (partition.Error, partition.HighWatermark, partition.LastStableOffset));
        var stored = partition.Records.ToArray();
        Assert.True(BatchHeader.TryRead(stored, out var header));
        Assert.Equal((0, 2), (header.BaseOffset, header.RecordCount));

        // The log sets the epoch and nothing else of the first batch.
        BatchStamp.SetLeaderEpoch(stored, 0);
        var sent = batch.ToArray();
        BatchStamp.SetLeaderEpoch(sent, 0);
        Assert.Equal(sent, stored);
    }

    [Fact]
    public async Task A_fetch_waits_for_what_is_produced_later()
    {
        var id = await CreateTopicAsync("orders", partitionCount: 3);
        var partitions = Enumerable.Range(0, 3).Select(index => new FetchPartition(index, -1, 0, -1, -1, 1_000_000));
        var fetching = Harness.AskAsync(Fetch(id, offset: 0) with
        {
            MinBytes = 1,
            MaxWaitMs = 60_000,
            Topics = [new FetchTopic("", id, [.. partitions])],
        });

        await ProduceAsync("orders", _now);

        var fetched = await fetching;
        Assert.Equal(
            [1, 0, 0], fetched.Topics[0].Partitions.Select(partition => partition.HighWatermark));
        Assert.NotEqual(0, fetched.Topics[0].Partitions[0].Records.LengthBytes);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public async Task An_offset_outside_the_log_is_refused(long offset)
    {
        var id = await CreateTopicAsync("orders");
        await ProduceAsync("orders", _now);

        var fetched = await Harness.AskAsync(Fetch(id, offset) with { MaxWaitMs = 60_000, MinBytes = 1 });

        Assert.Equal(ErrorCode.OffsetOutOfRange, fetched.Topics[0].Partitions[0].Error);
    }

    [Fact]
    public async Task A_batch_of_an_old_format_is_refused()
    {
        await CreateTopicAsync("orders");
        var old = Batch(_now).ToArray();
        old[16] = 1; // The magic byte.

        var produced = await Harness.AskAsync(
            new ProduceRequest(null, -1, 10_000, [new("orders", [new ProducePartition(0, old)])]));

        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, produced.Topics[0].Partitions[0].Error);
        Assert.NotEmpty(produced.Topics[0].Partitions[0].ErrorMessage!);
    }

    private static (ErrorCode Error, long BaseOffset) Outcome(ProduceResponse response)
        => (response.Topics[0].Partitions[0].Error, response.Topics[0].Partitions[0].BaseOffset);

    private static FetchRequest Fetch(Guid topicId, long offset) => new(
        ReplicaId: -1,
        MaxWaitMs: 0,
        MinBytes: 0,
        MaxBytes: 10_000_000,
        IsolationLevel: 0,
        SessionId: 0,
        SessionEpoch: -1,
        [new FetchTopic("orders", topicId, [new FetchPartition(0, -1, offset, -1, -1, 1_000_000)])],
        ForgottenTopics: [],
        RackId: "");
}
