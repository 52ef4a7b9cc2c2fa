using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>
/// What every host of the service must do. A new host adds a fixture and a one-line class for each suite.
/// </summary>
public abstract class ClusterContract<TFixture> : IAsyncLifetime
    where TFixture : ClusterFixture, new()
{
    /// <summary>For waits that never end while all is well: a failing test ends, too.</summary>
    protected static readonly TimeSpan LongWait = TimeSpan.FromSeconds(15);

    protected static readonly CancellationToken None = CancellationToken.None;

    protected TFixture Fixture { get; } = new();

    protected ICluster Cluster => Fixture.Cluster;

    protected ITopicCatalog Topics => Fixture.Cluster.Topics;

    public async Task InitializeAsync() => await Fixture.OpenAsync();

    public async Task DisposeAsync() => await Fixture.DisposeAsync();

    protected Task RestartAsync() => Fixture.RestartAsync();

    /// <summary>Creates a topic that forgets nothing by itself, so that tests can use any timestamps.</summary>
    protected async Task<TopicDescription> CreateTopicAsync(
        string name, int partitions = 1, params (string Name, string Value)[] configs)
    {
        var values = configs.ToDictionary(config => config.Name, config => config.Value);
        values["retention.ms"] = "-1";
        var reply = await Topics.CreateAsync(new(name, partitions, values), None);
        Assert.Equal(StreamError.None, reply.Error);
        return reply.Topic!;
    }

    /// <summary>The first partition of a new topic.</summary>
    protected async Task<IPartition> CreatePartitionAsync(params (string Name, string Value)[] configs)
        => Cluster.GetPartition(new((await CreateTopicAsync("topic", 1, configs)).Id, 0));

    protected async Task<IPartition> FindPartitionAsync(string topic, int partition = 0)
        => Cluster.GetPartition(new((await Topics.FindAsync(topic, None))!.Id, partition));

    /// <summary>Appends a batch that is expected to be stored, and returns its base offset.</summary>
    protected static async Task<long> AppendAsync(
        IPartition partition, ReadOnlyMemory<byte> batch, Acks acks = Acks.All)
    {
        var reply = await partition.AppendAsync(new(batch, acks, LongWait), None);
        Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        return reply.BaseOffset;
    }

    /// <summary>Reads at once what there is from an offset on.</summary>
    protected static async Task<byte[]> ReadAsync(IPartition partition, long offset = 0, int maxBytes = int.MaxValue)
    {
        var reply = await partition.FetchAsync(new(offset, maxBytes, MinBytes: 0, TimeSpan.Zero), None);
        using var records = reply.Records;
        Assert.Equal(StreamError.None, reply.Error);
        return records.ToArray();
    }

    /// <summary>Reads batch after batch up to the high watermark, and returns the base offset of each.</summary>
    protected static async Task<List<long>> ReadOffsetsAsync(IPartition partition, long offset = 0)
    {
        var offsets = new List<long>();
        while (await ReadAsync(partition, offset) is { Length: > 0 } bytes)
        {
            foreach (var batch in Split(bytes))
            {
                Assert.True(BatchHeader.TryRead(batch.Span, out var header));
                offsets.Add(header.BaseOffset);
                offset = header.BaseOffset + header.LastOffsetDelta + 1;
            }
        }

        return offsets;
    }

    protected static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> bytes)
    {
        var batches = new List<ReadOnlyMemory<byte>>();
        while (BatchHeader.TryRead(bytes.Span, out var header))
        {
            batches.Add(bytes[..header.TotalBytes]);
            bytes = bytes[header.TotalBytes..];
        }

        Assert.True(bytes.IsEmpty, "Only whole batches are handed out.");
        return batches;
    }

    /// <summary>
    /// Says that a stored batch is the one sent, but for what the log writes: base offset and leader epoch.
    /// </summary>
    protected static void AssertStored(ReadOnlyMemory<byte> sent, long baseOffset, ReadOnlyMemory<byte> stored)
    {
        const int Length = 8;
        const int LeaderEpoch = 12;
        const int Magic = 16;
        Assert.True(BatchHeader.TryRead(stored.Span, out var header));
        Assert.Equal(baseOffset, header.BaseOffset);
        Assert.Equal(sent[Length..LeaderEpoch], stored[Length..LeaderEpoch]);
        Assert.Equal(sent[Magic..], stored[Magic..]);
    }
}
