using OrleansStream.Contracts;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class QuotaUseTests
{
    [Fact]
    public void The_holder_not_heard_of_for_longest_is_forgotten()
    {
        var time = new ManualTimeProvider();
        var use = new QuotaUse(2, () => new TokenBucket(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), time));
        var (first, second) = (use[Client("first")], use[Client("second")]);

        Assert.Same(first, use[Client("first")]);
        _ = use[Client("third")];

        Assert.Same(first, use[Client("first")]);
        Assert.NotSame(second, use[Client("second")]);
    }

    private static QuotaEntity Client(string id) => new(null, id);
}
