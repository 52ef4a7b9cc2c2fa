using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

/// <summary>Holds the faulty storage to its own word, since other tests rest on it.</summary>
public sealed class FaultyStorageTests
{
    private const int Seeds = 50;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly PartitionId Partition = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 0);
    private static readonly SegmentName Name = new(BaseOffset: 0, Epoch: 1, Generation: 1);
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 3_000).Select(i => (byte)((i % 255) + 1))];

    public static TheoryData<Fault> AllFaults => [.. Enum.GetValues<Fault>()];

    [Fact]
    public async Task Flushed_bytes_survive_and_the_others_are_cut_or_torn_with_room_behind_them()
    {
        var outcomes = new HashSet<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var storage = new FaultyStorage(seed);
            await AppendAsync(storage, flushedBytes: 1_000);

            var left = await JournalAsync(await storage.CrashAsync(seed));

            Assert.Equal(Bytes[..1_000], left[..1_000]);
            var written = left.AsSpan().TrimEnd((byte)0).Length;
            outcomes.Add(written < left.Length ? "room" : "no room");
            left = left[..Math.Max(written, 1_000)];
            var torn = left.AsSpan().IndexOf((byte)0);
            Assert.InRange(left.Count(b => b == 0), 0, 512);
            outcomes.Add(torn != -1 ? "torn" : left.Length == 1_000 || left.Length == 3_000 ? "edge" : "cut");
        }

        Assert.Superset(new HashSet<string> { "torn", "cut", "room", "no room" }, outcomes);
    }

    [Fact]
    public async Task The_same_seed_leaves_the_same_bytes()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var first = new FaultyStorage(seed);
            var second = new FaultyStorage(seed);
            await AppendAsync(first, flushedBytes: 10);
            await AppendAsync(second, flushedBytes: 10);

            Assert.Equal(
                await JournalAsync(await first.CrashAsync(seed)), await JournalAsync(await second.CrashAsync(seed)));
        }
    }

    [Fact]
    public async Task A_kill_keeps_all_bytes_but_a_power_cut_after_it_may_not()
    {
        var lost = false;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var storage = new FaultyStorage(seed);
            await AppendAsync(storage, flushedBytes: 1_000);

            var killed = await storage.KillAsync();
            Assert.Equal(Bytes, await JournalAsync(killed));

            var left = await JournalAsync(await killed.CrashAsync(seed));
            Assert.Equal(Bytes[..1_000], left[..1_000]);
            lost |= left.Length < Bytes.Length;
        }

        Assert.True(lost);
    }

    [Fact]
    public async Task Committed_segments_and_rows_survive_and_open_segments_do_not()
    {
        var storage = new FaultyStorage(seed: 1);
        await CommitAsync(storage, Name);
        await using var open = await storage.Segments.CreateAsync(Partition, Name with { Generation = 2 }, None);
        await InsertAsync(storage);

        var left = await storage.CrashAsync(seed: 1);

        Assert.Equal([Name], await left.Segments.ListAsync(Partition, None));
        Assert.Single(await left.Tables.QueryAsync("t", "k", None));
        await CommitAsync(left, Name with { Generation = 2 });
    }

    [Fact]
    public async Task After_a_crash_the_old_storage_does_nothing_more()
    {
        var storage = new FaultyStorage(seed: 1);
        var writer = await storage.Journals.CreateAsync("j-1", None);
        var segment = await storage.Segments.CreateAsync(Partition, Name, None);

        var left = await storage.CrashAsync(seed: 1);

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(0, Bytes, None));
        await Assert.ThrowsAsync<IOException>(async () => await segment.CommitAsync(None));
        await Assert.ThrowsAsync<IOException>(() => InsertAsync(storage));
        await Assert.ThrowsAsync<IOException>(async () => await storage.Journals.ListAsync(None));
        Assert.Empty(await JournalAsync(left));
        Assert.Empty(await left.Segments.ListAsync(Partition, None));
        Assert.Empty(await left.Tables.QueryAsync("t", "k", None));
    }

    [Theory]
    [MemberData(nameof(AllFaults))]
    public async Task A_failed_append_or_flush_ends_the_writer(Fault fault)
    {
        for (var n = 2; n <= 3; n++)
        {
            var storage = new FaultyStorage(seed: 1);
            storage.FailAt(n, fault);
            var writer = await storage.Journals.CreateAsync("j-1", None);

            await Assert.ThrowsAsync<IOException>(async () =>
            {
                await writer.AppendAsync(0, Bytes, None);
                await writer.FlushAsync(None);
            });

            await Assert.ThrowsAsync<IOException>(async () => await writer.FlushAsync(None));
            await Assert.ThrowsAsync<IOException>(
                async () => await writer.AppendAsync(writer.LengthBytes, Bytes, None));
        }
    }

    [Fact]
    public async Task Only_a_lost_reply_makes_all_bytes_of_a_failed_flush_safe()
    {
        Assert.Equal(Bytes.Length, await ShortestAfterFailedFlushAsync(Fault.LostReply));
        Assert.InRange(await ShortestAfterFailedFlushAsync(Fault.Error), 0, Bytes.Length - 1);
        Assert.InRange(await ShortestAfterFailedFlushAsync(Fault.Torn), 0, Bytes.Length - 1);
    }

    [Theory]
    [InlineData(Fault.Error, false)]
    [InlineData(Fault.Torn, false)]
    [InlineData(Fault.DiskFull, false)]
    [InlineData(Fault.LostReply, true)]
    public async Task A_batch_or_commit_that_fails_was_done_only_if_its_reply_was_lost(Fault fault, bool done)
    {
        var storage = new FaultyStorage(seed: 1);
        storage.FailAt(1, fault);
        storage.FailAt(4, fault);

        var e = await Assert.ThrowsAsync<IOException>(() => InsertAsync(storage));
        await Assert.ThrowsAsync<IOException>(() => CommitAsync(storage, Name));

        Assert.Equal(fault == Fault.DiskFull ? 28 : 5, e.HResult);
        Assert.Equal(done ? 1 : 0, (await storage.Tables.QueryAsync("t", "k", None)).Count);
        Assert.Equal(done ? 1 : 0, (await storage.Segments.ListAsync(Partition, None)).Count);
    }

    // The pattern engine tests follow: count once, then fail each operation in turn, crash, and look.
    [Theory]
    [MemberData(nameof(AllFaults))]
    public async Task Whatever_fails_what_was_acknowledged_is_there_after_a_crash(Fault fault)
    {
        var counted = new FaultyStorage(seed: 0);
        Assert.Equal(5, await AppendFiveAsync(counted));
        var count = counted.Operations.Count;
        Assert.Equal(11, count);

        for (var n = 1; n <= count; n++)
        {
            for (var seed = 0; seed < 10; seed++)
            {
                var storage = new FaultyStorage(seed);
                storage.FailAt(n, fault);
                var acknowledged = await AppendFiveAsync(storage);
                var left = await storage.CrashAsync(seed);

                var journal = (await left.Journals.ListAsync(None)).Count == 0 ? [] : await JournalAsync(left);
                Assert.Equal(Bytes[..(acknowledged * 600)], journal.Take(acknowledged * 600));
                Assert.True(acknowledged < 5);
            }
        }
    }

    private static async Task AppendAsync(FaultyStorage storage, int flushedBytes)
    {
        var writer = await storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes.AsMemory(0, flushedBytes), None);
        await writer.FlushAsync(None);
        await writer.AppendAsync(flushedBytes, Bytes.AsMemory(flushedBytes), None);
    }

    // Appends and flushes 600 bytes at a time; how many times that succeeded.
    private static async Task<int> AppendFiveAsync(FaultyStorage storage)
    {
        var acknowledged = 0;
        try
        {
            await using var writer = await storage.Journals.CreateAsync("j-1", None);
            for (; acknowledged < 5; acknowledged++)
            {
                await writer.AppendAsync(acknowledged * 600, Bytes.AsMemory(acknowledged * 600, 600), None);
                await writer.FlushAsync(None);
            }
        }
        catch (IOException)
        {
            // The planned fault; what counts is how far it came.
        }

        return acknowledged;
    }

    private static async Task<int> ShortestAfterFailedFlushAsync(Fault fault)
    {
        var shortest = int.MaxValue;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var storage = new FaultyStorage(seed);
            storage.FailAt(3, fault);
            var writer = await storage.Journals.CreateAsync("j-1", None);
            await writer.AppendAsync(0, Bytes, None);
            await Assert.ThrowsAsync<IOException>(async () => await writer.FlushAsync(None));
            shortest = Math.Min(shortest, (await JournalAsync(await storage.CrashAsync(seed))).Length);
        }

        return shortest;
    }

    private static async Task CommitAsync(FaultyStorage storage, SegmentName name)
    {
        await using var writer = await storage.Segments.CreateAsync(Partition, name, None);
        await writer.WriteAsync(Bytes, None);
        await writer.CommitAsync(None);
    }

    private static async Task InsertAsync(FaultyStorage storage)
        => await storage.Tables.ExecuteAsync("t", "k", [new(TableOperationKind.Insert, "row", Bytes)], None);

    private static async Task<byte[]> JournalAsync(FaultyStorage storage)
    {
        await using var reader = await storage.Journals.OpenAsync("j-1", None);
        var bytes = new byte[reader.LengthBytes];
        await reader.ReadAsync(0, bytes, None);
        return bytes;
    }
}
