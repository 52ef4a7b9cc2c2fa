using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

public sealed class LocalClusterTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly BatchBuilder _builder = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task What_was_appended_is_fetched_before_and_after_a_restart(Acks acks)
    {
        PartitionId id;
        byte[] before;
        await using (var cluster = await LocalCluster.OpenAsync(_directory.Path))
        {
            id = await CreateTopicAsync(cluster, "orders");
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(i * 2, await AppendAsync(cluster, id, acks, $"first {i}", $"second {i}"));
            }

            before = await FetchAllAsync(cluster, id);
        }

        Assert.Equal(10, CountBatches(before));
        await using var reopened = await LocalCluster.OpenAsync(_directory.Path);
        Assert.Equal(before, await FetchAllAsync(reopened, id));
        Assert.Equal(20, await AppendAsync(reopened, id, acks, "after"));
        Assert.Equal(11, CountBatches(await FetchAllAsync(reopened, id)));
    }

    private static int CountBatches(ReadOnlySpan<byte> batches)
    {
        var count = 0;
        for (; BatchHeader.TryRead(batches, out var header); count++)
        {
            batches = batches[header.TotalBytes..];
        }

        return count;
    }

    private static async Task<PartitionId> CreateTopicAsync(LocalCluster cluster, string name)
    {
        var reply = await cluster.Topics.CreateAsync(
            new CreateTopicRequest(name, 1, new Dictionary<string, string>()), CancellationToken.None);
        Assert.Equal(StreamError.None, reply.Error);
        return new PartitionId(reply.Topic!.Id, 0);
    }

    private async Task<long> AppendAsync(LocalCluster cluster, PartitionId id, Acks acks, params string[] values)
    {
        _builder.Reset();
        foreach (var value in values)
        {
            _builder.Append(Encoding.UTF8.GetBytes(value), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        }

        var reply = await cluster.GetPartition(id)
            .AppendAsync(new AppendRequest(_builder.Build(), acks, Timeout), CancellationToken.None);
        Assert.Equal(StreamError.None, reply.Error);
        return reply.BaseOffset;
    }

    private static async Task<byte[]> FetchAllAsync(LocalCluster cluster, PartitionId id)
    {
        var status = await cluster.GetPartition(id).GetStatusAsync(CancellationToken.None);
        Assert.Equal(StreamError.None, status.Error);
        using var bytes = new MemoryStream();
        for (var offset = status.LogStartOffset; offset < status.LogEndOffset;)
        {
            var reply = await cluster.GetPartition(id).FetchAsync(
                new FetchRequest(offset, 1 << 20, 1, Timeout), CancellationToken.None);
            Assert.Equal(StreamError.None, reply.Error);
            using (reply.Records)
            {
                bytes.Write(reply.Records.ToArray());
            }

            offset = LastOffset(bytes.ToArray()) + 1;
        }

        return bytes.ToArray();
    }

    private static long LastOffset(ReadOnlySpan<byte> batches)
    {
        var last = -1L;
        while (BatchHeader.TryRead(batches, out var header))
        {
            last = header.LastOffset;
            batches = batches[header.TotalBytes..];
        }

        return last;
    }
}
