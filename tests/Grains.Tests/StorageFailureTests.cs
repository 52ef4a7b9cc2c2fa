using OrleansStream.Contracts;
using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Grains.Tests;

public sealed class StorageFailureTests : ClusterContract<FaultyOrleansFixture>
{
    [Fact]
    public async Task A_failed_flush_is_reported_and_the_partition_recovers_what_was_acknowledged()
    {
        var id = new PartitionId((await CreateTopicAsync("topic")).Id, 0);
        var partition = Cluster.GetPartition(id);
        await AppendAsync(partition);
        var gone = Fixture.Silos.WaitForDeactivationAsync(Fixture.IdOf(id));

        Fixture.Storage.FailAt(Fixture.Storage.Operations.Count + 1, Fault.Error);
        var failed = await AppendAsync(partition);
        await gone.WaitAsync(LongWait);
        var again = await AppendUntilHostedAsync(partition);

        Assert.Equal(StreamError.StorageFailed, failed.Error);
        Assert.Equal(StreamError.None, again.Error);
        var offsets = await ReadOffsetsAsync(partition);
        Assert.Equal((0, again.BaseOffset), (offsets[0], offsets[^1]));
    }

    private static async Task<AppendReply> AppendUntilHostedAsync(IPartition partition)
    {
        AppendReply reply;
        do
        {
            reply = await AppendAsync(partition);
        }
        while (reply.Error is StreamError.NotHosted or StreamError.StorageFailed);

        return reply;
    }

    private static ValueTask<AppendReply> AppendAsync(IPartition partition)
        => partition.AppendAsync(new(SampleBatch.Of(1_000), Acks.All, LongWait), None);
}

/// <summary>Silos on a storage that fails where it is told to.</summary>
public sealed class FaultyOrleansFixture : OrleansFixture
{
    public FaultyOrleansFixture()
        : this(new FaultyStorage(seed: 1))
    {
    }

    private FaultyOrleansFixture(FaultyStorage storage)
        : base(storage) => Storage = storage;

    public FaultyStorage Storage { get; }
}
