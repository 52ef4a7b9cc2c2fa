using OrleansStream.Engine.Inspection;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Engine.Tests.Hosting;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Inspection;

public sealed class StorageMigrationTests
{
    private const int Producer = 7;

    [Fact]
    public async Task A_copy_goes_on_where_the_original_stopped()
    {
        var (source, retried) = await WriteAsync();
        await using var target = new MemoryStorage();

        var done = await new StorageMigration(source, target).RunAsync(_ => { }, default);

        Assert.Equal((3, 3, 0), (done.Segments, done.TotalSegments, done.SkippedSegments));
        Assert.Equal(done.TotalBytes, done.Bytes);
        await AssertWholeAsync(target, retried);
    }

    // Each write fails once, with and without having been done, and the copy is begun anew.
    [Theory]
    [InlineData(Fault.Error)]
    [InlineData(Fault.LostReply)]
    [InlineData(Fault.DiskFull)]
    public async Task A_copy_that_is_interrupted_at_any_write_is_finished_by_the_next_run(Fault fault)
    {
        var (source, retried) = await WriteAsync();
        for (var write = 1; ; write++)
        {
            await using var target = new FaultyStorage(seed: 1);
            target.FailAt(write, fault);
            try
            {
                await new StorageMigration(source, target).RunAsync(_ => { }, default);
                Assert.InRange(write, 10, 1_000);
                return;
            }
            catch (IOException)
            {
                if (await HasAsync(target, "migration"))
                {
                    await Assert.ThrowsAnyAsync<IOException>(() => TestStore.OpenAsync(target));
                }
            }

            // The reply to the very last write may be what was lost.
            if (!await HasAsync(target, "identity"))
            {
                await new StorageMigration(source, target).RunAsync(_ => { }, default);
            }

            await AssertWholeAsync(target, retried);
        }
    }

    [Fact]
    public async Task A_storage_in_use_is_not_copied_over()
    {
        var (source, _) = await WriteAsync();
        var (target, _) = await WriteAsync();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new StorageMigration(source, target).RunAsync(_ => { }, default));
        Assert.Contains("already holds cluster", refusal.Message);
    }

    [Fact]
    public async Task Nothing_is_not_copied()
    {
        await using var source = new MemoryStorage();
        await using var target = new MemoryStorage();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => new StorageMigration(source, target).RunAsync(_ => { }, default));
    }

    // Two partitions' worth in segments, and some records that only the journal has.
    private static async Task<(IStorage Storage, byte[] Retried)> WriteAsync()
    {
        var storage = new FaultyStorage(seed: 1);
        await using var store = await TestStore.OpenAsync(storage);
        var first = await store.CreateAsync("first");
        await store.AppendAsync(first, Enumerable.Range(0, 20));
        await first.FlushAsync();
        await store.AppendAsync(first, Enumerable.Range(20, 20));
        var retried = TestBatch.Of(3, producerId: Producer, timestamp: store.Now);
        await store.AppendAsync(await store.CreateAsync("second", "retention.ms", "-1"), retried);
        return (await storage.KillAsync(), retried);
    }

    private static async Task<bool> HasAsync(FaultyStorage target, string clusterRow)
        => await target.Tables.GetAsync("cluster", "cluster", clusterRow, default) is not null;

    private static async Task AssertWholeAsync(IStorage target, byte[] retried)
    {
        await using var store = await TestStore.OpenAsync(target);
        Assert.Equal(Enumerable.Range(0, 40), await TestStore.ReadAllAsync(await store.OpenAsync("first")));
        var second = await store.OpenAsync("second");
        Assert.Equal(0, (await store.AppendAsync(second, retried)).BaseOffset);
        Assert.Equal(3, (await second.GetStatusAsync(default)).LogEndOffset);
        Assert.Equal("-1", (await store.Store.Topics.FindAsync("second", default))!.Configs["retention.ms"]);
    }
}
