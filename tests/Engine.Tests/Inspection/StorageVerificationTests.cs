using OrleansStream.Contracts;
using OrleansStream.Engine.Inspection;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Tests.Hosting;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Inspection;

public sealed class StorageVerificationTests
{
    private const int LeaderEpochPosition = 12;

    [Fact]
    public async Task What_a_silo_wrote_is_as_it_was_written()
    {
        var storage = await WriteAsync(flushed: 100, journaled: 5);

        var report = await VerifyAsync(storage);

        Assert.Empty(report.Faults);
        Assert.Empty(report.Orphans);
        Assert.Equal((1, 1), (report.Segments, report.JournalFiles));
    }

    // But for the leader epoch of a batch: no checksum of the format covers it.
    [Fact]
    public async Task Any_byte_of_a_segment_that_changed_is_found()
    {
        var storage = await WriteAsync(flushed: 1, journaled: 0);
        var (partition, segment) = await FindSegmentAsync(storage);
        for (var i = 0; i < segment.FileBytes; i++)
        {
            if (i is >= LeaderEpochPosition and < LeaderEpochPosition + sizeof(int))
            {
                continue;
            }

            await storage.Segments.EditAsync(partition, segment.Name, bytes => StoredFiles.Damage(bytes, i));
            var fault = Assert.Single((await VerifyAsync(storage)).Faults);
            Assert.Contains("of topic-0 is damaged at position", fault);
            await storage.Segments.EditAsync(partition, segment.Name, bytes => StoredFiles.Damage(bytes, i));
        }

        Assert.Empty((await VerifyAsync(storage)).Faults);
    }

    [Fact]
    public async Task A_segment_that_is_cut_is_found()
    {
        var storage = await WriteAsync(flushed: 3, journaled: 0);
        var (partition, segment) = await FindSegmentAsync(storage);
        await storage.Segments.EditAsync(partition, segment.Name, bytes => bytes[..^1]);

        var fault = Assert.Single((await VerifyAsync(storage)).Faults);
        Assert.Contains($"{segment.FileBytes}, not {segment.FileBytes - 1}", fault);
    }

    [Fact]
    public async Task A_segment_that_is_gone_is_found_and_one_that_nothing_names_is_no_damage()
    {
        var storage = await WriteAsync(flushed: 3, journaled: 0);
        var (partition, segment) = await FindSegmentAsync(storage);
        await storage.Segments.DeleteAsync(partition, segment.Name, default);
        await storage.Segments.WriteAsync(partition, segment.Name with { Generation = 99 }, [1]);

        var report = await VerifyAsync(storage);

        Assert.Contains("is not there", Assert.Single(report.Faults));
        Assert.Single(report.Orphans);
    }

    [Fact]
    public async Task A_journal_block_that_changed_before_others_is_found()
    {
        var storage = await WriteAsync(flushed: 0, journaled: 3);
        var file = Assert.Single(await storage.Journals.ListAsync(default));

        // In the first block's records.
        await storage.Journals.EditAsync(file, bytes => StoredFiles.Damage(bytes, 100));

        Assert.Contains(file, Assert.Single((await VerifyAsync(storage)).Faults));
    }

    private static async Task<FaultyStorage> WriteAsync(int flushed, int journaled)
    {
        var storage = new FaultyStorage(seed: 1);
        await using var store = await TestStore.OpenAsync(storage);
        var partition = await store.CreateAsync("topic");
        await store.AppendAsync(partition, Enumerable.Range(0, flushed), paddingBytes: 200);
        await partition.FlushAsync();
        await store.AppendAsync(partition, Enumerable.Range(flushed, journaled));
        return await storage.KillAsync();
    }

    private static async Task<(PartitionId Partition, SegmentEntry Segment)> FindSegmentAsync(FaultyStorage storage)
    {
        var partition = Assert.Single((await StoredCluster.ReadAsync(storage.Tables, default)).Partitions);
        return (partition.Id, Assert.Single(partition.Segments));
    }

    private static async Task<VerificationReport> VerifyAsync(FaultyStorage storage)
    {
        var cluster = await StoredCluster.ReadAsync(storage.Tables, default);
        return await new StorageVerification(storage, cluster).RunAsync(_ => { }, default);
    }
}
