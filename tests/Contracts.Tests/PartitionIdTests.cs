namespace OrleansStream.Contracts.Tests;

public sealed class PartitionIdTests
{
    private static readonly Guid s_topic = Guid.Parse("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9");

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public void What_it_writes_it_reads_back(int partition)
    {
        var id = new PartitionId(s_topic, partition);

        Assert.Equal(id, PartitionId.Parse(id.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0a1b2c3d4e5f60718293a4b5c6d7e8f9")]
    [InlineData("0a1b2c3d4e5f60718293a4b5c6d7e8f9-")]
    [InlineData("0a1b2c3d4e5f60718293a4b5c6d7e8f9-x")]
    [InlineData("0a1b2c3d4e5f60718293a4b5c6d7e8zz-1")]
    public void Other_text_names_no_partition(string text)
        => Assert.Throws<FormatException>(() => PartitionId.Parse(text));

    [Fact]
    public void Partitions_of_a_topic_sort_by_number()
    {
        PartitionId[] ids = [new(s_topic, 10), new(s_topic, 2), new(s_topic, 0)];

        Assert.Equal([0, 2, 10], ids.Order().Select(id => id.Partition));
    }
}
