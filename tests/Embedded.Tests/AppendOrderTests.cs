using OrleansStream.Contracts;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Embedded.Tests;

public sealed class AppendOrderTests : ClusterContract<LocalClusterFixture>
{
    [Fact]
    public async Task Appends_that_come_while_the_partition_is_being_opened_keep_their_order()
    {
        var partition = await CreatePartitionAsync();
        var appends = Enumerable.Range(0, 200).Select(_ => AppendAsync(partition, SampleBatch.Of(1))).ToArray();

        Assert.Equal(Enumerable.Range(0, 200).Select(offset => (long)offset), await Task.WhenAll(appends));
        Assert.Equal(StreamError.None, (await partition.GetStatusAsync(None)).Error);
    }
}
