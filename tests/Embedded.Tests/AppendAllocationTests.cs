using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>Holds the hot path to its promise: an append allocates nothing beyond the bytes it stores.</summary>
public sealed class AppendAllocationTests
{
    private const int SmallestChunkBytes = 4 * 1_024;
    private const int LargestChunkBytes = 1_024 * 1_024;
    private const int MaxRounds = 8;

    [Fact]
    public async Task An_append_that_does_not_wait_for_its_flush_allocates_nothing()
    {
        // The journal is held, so that nothing but the append itself happens on this thread.
        var gates = new GatedStorage(new MemoryStorage());
        await using var cluster = await LocalCluster.OpenAsync(
            _ => Task.FromResult<IStorage>(gates),
            new EngineOptions(),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            default);
        var created = await cluster.Topics.CreateAsync(new("topic", 1, new Dictionary<string, string>()), default);
        var partition = cluster.GetPartition(new(created.Topic!.Id, 0));
        var batch = TestBatch.Of(valueBytes: 100, timestamp: TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        var request = new AppendRequest(batch, Acks.Leader, TimeSpan.FromMinutes(1));
        await partition.AppendAsync(request with { Acks = Acks.All }, default);

        // The journal is stuck in the flush of the first batch, so that its queue grows to size. The batch that waits
        // behind the others tells when all are flushed.
        var count = ((LargestChunkBytes / batch.Length) - 1) / MaxRounds;
        gates.Hold();
        Append(partition, request, 1);
        await gates.Held;
        Append(partition, request, WarmUpCount(batch.Length) - 4);
        var last = partition.AppendAsync(request with { Acks = Acks.All }, default).AsTask();
        gates.Release();
        await last;
        gates.Hold();
        Append(partition, request, 1);
        await gates.Held;

        var allocated = CountAllocatedBytes(() => Append(partition, request, count));
        gates.Release();

        Assert.InRange(count, 500, int.MaxValue);
        Assert.Equal(0, allocated);
    }

    // A collection counts what it takes of this thread's allocation buffer as allocated: then it is done again.
    private static long CountAllocatedBytes(Action action)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var collections = GC.CollectionCount(0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (GC.CollectionCount(0) == collections)
            {
                return allocated;
            }
        }

        throw new InvalidOperationException("Memory was collected in every round.");
    }

    // As many batches as fill all chunks up to the largest, and one more, which begins that.
    private static int WarmUpCount(int batchBytes)
    {
        var count = 1;
        for (var chunkBytes = SmallestChunkBytes; chunkBytes < LargestChunkBytes; chunkBytes *= 2)
        {
            count += chunkBytes / batchBytes;
        }

        return count;
    }

    private static void Append(IPartition partition, in AppendRequest request, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var append = partition.AppendAsync(request, default);
            if (!append.IsCompletedSuccessfully || append.GetAwaiter().GetResult().Error != StreamError.None)
            {
                throw new InvalidOperationException("The append waited or failed.");
            }
        }
    }
}
