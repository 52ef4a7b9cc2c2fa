using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class OffsetsApiTests : ClusterTests
{
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task Offsets_are_found_by_time()
    {
        await CreateTopicAsync("orders");
        await ProduceAsync("orders", _now - 30, _now - 10, _now - 20);

        Assert.Equal((0, -1), await ListAsync(ListOffsetsPartition.Earliest));
        Assert.Equal((0, -1), await ListAsync(ListOffsetsPartition.EarliestLocal));
        Assert.Equal((3, -1), await ListAsync(ListOffsetsPartition.Latest));
        Assert.Equal((-1, -1), await ListAsync(ListOffsetsPartition.LatestTiered));
        Assert.Equal((1, _now - 10), await ListAsync(ListOffsetsPartition.MaxTimestamp));
        Assert.Equal((1, _now - 10), await ListAsync(_now - 25));
        Assert.Equal((-1, -1), await ListAsync(_now));
    }

    [Theory]
    [InlineData(ListOffsetsPartition.MaxTimestamp, 6)]
    [InlineData(ListOffsetsPartition.EarliestLocal, 7)]
    [InlineData(ListOffsetsPartition.LatestTiered, 8)]
    [InlineData(-6, 10)]
    public async Task A_special_time_needs_the_version_that_knows_it(long timestamp, int version)
    {
        await CreateTopicAsync("orders");

        var response = await Harness.AskAsync(Request("orders", new ListOffsetsPartition(0, -1, timestamp)), version);

        Assert.Equal(ErrorCode.UnsupportedVersion, response.Topics[0].Partitions[0].Error);
    }

    [Fact]
    public async Task A_stale_epoch_is_fenced_and_one_of_the_future_unknown()
    {
        await CreateTopicAsync("orders");
        await ProduceAsync("orders", _now);
        await RestartAsync();
        var epoch = (await Harness.AskAsync(new MetadataRequest([new("orders")]))).Topics[0].Partitions[0].LeaderEpoch;

        var response = await Harness.AskAsync(Request(
            "orders", new(0, epoch - 1, -1), new(0, epoch, -1), new(0, epoch + 1, -1)));

        Assert.Equal(
            [ErrorCode.FencedLeaderEpoch, ErrorCode.None, ErrorCode.UnknownLeaderEpoch],
            response.Topics[0].Partitions.Select(partition => partition.Error));
    }

    [Theory]
    [InlineData("orders", 1)]
    [InlineData("orders", -1)]
    [InlineData("unknown", 0)]
    public async Task What_does_not_exist_has_no_offsets(string topic, int partition)
    {
        await CreateTopicAsync("orders");

        var listed = await Harness.AskAsync(
            Request(topic, new ListOffsetsPartition(partition, -1, ListOffsetsPartition.Latest)));
        var deleted = await Harness.AskAsync(
            new DeleteRecordsRequest([new(topic, [new DeleteRecordsPartition(partition, 0)])], 1_000));
        var ended = await Harness.AskAsync(
            new OffsetForLeaderEpochRequest(-1, [new(topic, [new EpochQuestion(partition, -1, 0)])]));

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, listed.Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, deleted.Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, ended.Topics[0].Partitions[0].Error);
    }

    [Fact]
    public async Task Deleting_records_moves_the_log_start()
    {
        await CreateTopicAsync("orders");
        await ProduceAsync("orders", _now, _now, _now);

        Assert.Equal(new DeletedRecords(0, 2, ErrorCode.None), await DeleteAsync(beforeOffset: 2));
        Assert.Equal((2, -1), await ListAsync(ListOffsetsPartition.Earliest));
        Assert.Equal(new DeletedRecords(0, -1, ErrorCode.OffsetOutOfRange), await DeleteAsync(beforeOffset: 4));
        Assert.Equal(new DeletedRecords(0, 3, ErrorCode.None), await DeleteAsync(beforeOffset: -1));
    }

    [Fact]
    public async Task The_current_epoch_ends_at_the_end_of_the_log()
    {
        await CreateTopicAsync("orders");
        await ProduceAsync("orders", _now, _now);
        var epoch = (await Harness.AskAsync(new MetadataRequest([new("orders")]))).Topics[0].Partitions[0].LeaderEpoch;

        var response = await Harness.AskAsync(
            new OffsetForLeaderEpochRequest(-1, [new("orders", [new EpochQuestion(0, epoch, epoch)])]));

        Assert.Equal(new EpochEnd(0, ErrorCode.None, epoch, 2), response.Topics[0].Partitions[0]);
    }

    private static ListOffsetsRequest Request(string topic, params ListOffsetsPartition[] partitions)
        => new(ReplicaId: -1, IsolationLevel: 0, [new(topic, partitions)]);

    private async Task<(long Offset, long Timestamp)> ListAsync(long timestamp)
    {
        var response = await Harness.AskAsync(Request("orders", new ListOffsetsPartition(0, -1, timestamp)));
        var listed = response.Topics[0].Partitions[0];
        Assert.Equal(ErrorCode.None, listed.Error);
        return (listed.Offset, listed.Timestamp);
    }

    private async Task<DeletedRecords> DeleteAsync(long beforeOffset)
    {
        var response = await Harness.AskAsync(
            new DeleteRecordsRequest([new("orders", [new DeleteRecordsPartition(0, beforeOffset)])], TimeoutMs: 1_000));
        return response.Topics[0].Partitions[0];
    }
}
