using System.Threading.Tasks.Sources;
using OrleansStream.Client.Producing;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Tests.Producing;

public sealed class DeliveryTests
{
    private static readonly TopicPartition s_partition = new("deliveries", 3);

    private readonly DeliveryPool _pool = new();

    [Fact]
    public async Task A_delivery_serves_another_record_once_its_result_was_seen_and_never_both()
    {
        var delivery = _pool.Take();
        delivery.Begin(s_partition, timestamp: 1_000);
        delivery.Index = 2;
        var result = delivery.Result;
        delivery.Complete(new BatchOutcome(ErrorCode.None, BaseOffset: 40));
        Assert.NotSame(delivery, _pool.Take());

        Assert.Equal(new(s_partition, 42, DateTimeOffset.FromUnixTimeSeconds(1)), await result);

        Assert.Same(delivery, _pool.Take());
        Assert.Throws<InvalidOperationException>(() => ((IValueTaskSource<DeliveryResult>)delivery).GetResult(0));
        Assert.NotSame(delivery, _pool.Take());
    }

    [Fact]
    public async Task A_record_that_was_not_stored_fails_with_its_partition_and_the_reason()
    {
        var delivery = _pool.Take();
        delivery.Begin(s_partition, timestamp: 0);
        delivery.Complete(new BatchOutcome(ErrorCode.MessageTooLarge, Message: "Too large."));

        var failure = await Assert.ThrowsAsync<StreamException>(async () => await delivery.Result);

        Assert.Equal((ErrorCode.MessageTooLarge, $"{s_partition}: MessageTooLarge. Too large."),
            (failure.Error, failure.Message));
    }
}
