using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting.Journals;

public sealed class JournalScannerTests
{
    private static readonly Guid JournalId = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly PartitionId Partition = new(new("11111111-2222-3333-4444-555555555555"), 2);
    private static readonly byte[][] Blocks = [Block(4), Block(5), Block(6)];
    private static readonly int LastStart = Blocks[0].Length + Blocks[1].Length;

    [Fact]
    public async Task A_whole_file_gives_all_its_blocks()
    {
        var blocks = await ScanAsync(Join(Blocks), isNewest: false);

        Assert.Equal([4, 5, 6], blocks.Select(block => block.Entries.Single().BaseOffset));
        Assert.DoesNotContain(blocks, block => block.IsDamaged);
    }

    [Fact]
    public async Task An_empty_file_gives_none() => Assert.Empty(await ScanAsync([], isNewest: true));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Room_behind_the_last_block_is_no_damage(bool isNewest)
    {
        for (var room = 1; room <= 200; room++)
        {
            Assert.Equal(3, (await ScanAsync([.. Join(Blocks), .. new byte[room]], isNewest)).Count);
        }

        Assert.Empty(await ScanAsync(new byte[200_000], isNewest));
    }

    [Fact]
    public async Task A_block_torn_anywhere_in_front_of_room_ends_the_newest_file_and_is_damage_in_an_older_one()
    {
        var end = Join(Blocks).AsSpan().TrimEnd((byte)0).Length;
        for (var length = LastStart + 1; length < end; length++)
        {
            var bytes = Join(Blocks);
            bytes.AsSpan(length).Clear();

            Assert.Equal(2, (await ScanAsync([.. bytes, .. new byte[500]], isNewest: true)).Count);
            try
            {
                Assert.True((await ScanAsync([.. bytes, .. new byte[500]], isNewest: false))[2].IsDamaged);
            }
            catch (StorageDamagedException e)
            {
                Assert.Equal(LastStart, e.Position);
            }
        }
    }

    [Fact]
    public async Task A_newest_file_cut_anywhere_in_its_last_block_ends_before_it()
    {
        var bytes = Join(Blocks);
        for (var length = LastStart; length < bytes.Length; length++)
        {
            Assert.Equal(2, (await ScanAsync(bytes[..length], isNewest: true)).Count);
        }
    }

    [Fact]
    public async Task A_byte_that_is_wrong_anywhere_in_the_last_block_of_the_newest_file_ends_it_there()
    {
        for (var position = LastStart; position < LastStart + Blocks[2].Length; position++)
        {
            Assert.Equal(2, (await ScanAsync(Damaged(Blocks, position), isNewest: true)).Count);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_with_a_block_behind_it_is_damage(bool isNewest)
    {
        var header = JournalBlock.HeaderBytes(1);
        for (var position = 0; position < Blocks[0].Length; position++)
        {
            var bytes = Damaged(Blocks, position);
            if (position < header)
            {
                var e = await Assert.ThrowsAsync<StorageDamagedException>(() => ScanAsync(bytes, isNewest));
                Assert.Equal(("file", 0L), (e.File, e.Position));
            }
            else
            {
                var blocks = await ScanAsync(bytes, isNewest);
                Assert.Equal([true, false, false], blocks.Select(block => block.IsDamaged));
                Assert.Equal(Partition, blocks[0].Entries.Single().Partition);
            }
        }
    }

    [Fact]
    public async Task Only_the_newest_file_may_be_torn()
    {
        var bytes = Join(Blocks);
        for (var length = LastStart + 1; length < bytes.Length; length++)
        {
            await Assert.ThrowsAsync<StorageDamagedException>(() => ScanAsync(bytes[..length], isNewest: false));
        }
    }

    [Fact]
    public async Task A_block_of_another_journal_is_not_right()
    {
        var bytes = Join([Blocks[0], Block(5, Guid.NewGuid()), Blocks[2]]);

        await Assert.ThrowsAsync<StorageDamagedException>(() => ScanAsync(bytes, isNewest: true));
    }

    [Fact]
    public async Task A_missing_block_is_noticed_within_a_file_and_at_its_start()
    {
        await Assert.ThrowsAsync<StorageDamagedException>(
            () => ScanAsync(Join([Blocks[0], Blocks[2]]), isNewest: true));
        await Assert.ThrowsAsync<StorageDamagedException>(() => ScanAsync(Join(Blocks), isNewest: true, firstBlock: 3));
        Assert.Equal(3, (await ScanAsync(Join(Blocks), isNewest: true, firstBlock: 4)).Count);
    }

    private static byte[] Join(byte[][] blocks) => [.. blocks.SelectMany(block => block)];

    private static byte[] Damaged(byte[][] blocks, int position)
    {
        var bytes = Join(blocks);
        bytes[position] ^= 0x40;
        return bytes;
    }

    // A block with one batch whose base offset is the number of the block.
    private static byte[] Block(int number, Guid? journalId = null)
    {
        var batch = TestBatch.Of(valueBytes: 20);
        var block = new byte[JournalBlock.HeaderBytes(1) + batch.Length];
        JournalBlock.WriteIndexEntry(block, 0, Partition, TestBatch.HeaderOf(batch) with { BaseOffset = number });
        batch.CopyTo(block.AsSpan(JournalBlock.HeaderBytes(1)));
        JournalBlock.WriteHeader(block, journalId ?? JournalId, number, entryCount: 1);
        return block;
    }

    private static async Task<List<ScannedBlock>> ScanAsync(byte[] bytes, bool isNewest, long? firstBlock = null)
    {
        var journals = new MemoryJournalStore();
        await using var writer = await journals.CreateAsync("file", CancellationToken.None);
        await writer.AppendAsync(0, bytes, CancellationToken.None);
        await using var reader = await journals.OpenAsync("file", CancellationToken.None);
        List<ScannedBlock> blocks = [];
        await foreach (var block in new JournalScanner(reader, "file", JournalId, firstBlock, isNewest).ReadAsync())
        {
            blocks.Add(block);
        }

        return blocks;
    }
}
