using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

public sealed class JournalBlockTests
{
    private static readonly Guid JournalId = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly PartitionId First = new(new("11111111-2222-3333-4444-555555555555"), 0);
    private static readonly PartitionId Second = First with { Partition = 7 };

    [Fact]
    public void A_block_says_whose_batches_it_holds_and_where()
    {
        var (a, b) = (TestBatch.Of(3), TestBatch.Of(1, valueBytes: 99));
        BatchStamp.SetBaseOffset(b, 50);
        BatchStamp.SetLeaderEpoch(b, 6);
        var block = Block((First, a), (Second, b));

        Assert.True(JournalBlock.TryReadHeader(block, out var header));
        Assert.Equal((JournalId, 12L, 2), (header.JournalId, header.BlockNumber, header.EntryCount));
        Assert.Equal(block.Length, header.TotalBytes);
        Assert.Equal(Crc32C.Compute(block.AsSpan(header.HeaderBytes)), header.PayloadCrc);
        Assert.Equal(
            [
                new JournalIndexEntry(First, -1, 0, 3, a.Length, 1_000 + header.HeaderBytes),
                new JournalIndexEntry(Second, 6, 50, 1, b.Length, 1_000 + header.HeaderBytes + a.Length),
            ],
            JournalBlock.ReadIndex(block, blockPosition: 1_000));
    }

    [Fact]
    public void A_change_of_any_bit_of_the_header_or_the_index_is_noticed()
    {
        var block = Block((First, TestBatch.Of()), (Second, TestBatch.Of()));

        for (var bit = 0; bit < JournalBlock.HeaderBytes(2) * 8; bit++)
        {
            block[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(JournalBlock.TryReadHeader(block, out _), $"Bit {bit}");
            block[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_header_that_is_not_all_there_is_none()
    {
        var block = Block((First, TestBatch.Of()));
        for (var length = 0; length < JournalBlock.HeaderBytes(1); length++)
        {
            Assert.False(JournalBlock.TryReadHeader(block.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(JournalBlock.MaxEntries + 1)]
    [InlineData(int.MaxValue)]
    public void The_number_of_entries_is_checked_before_memory_is_taken_for_them(int entryCount)
    {
        var block = Block((First, TestBatch.Of()));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(block.AsSpan(4), entryCount);

        Assert.False(JournalBlock.TryReadHeaderLength(block, out _));
    }

    private static byte[] Block(params (PartitionId Partition, byte[] Batch)[] entries)
    {
        var block = new byte[JournalBlock.HeaderBytes(entries.Length) + entries.Sum(entry => entry.Batch.Length)];
        var position = JournalBlock.HeaderBytes(entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            JournalBlock.WriteIndexEntry(block, i, entries[i].Partition, TestBatch.HeaderOf(entries[i].Batch));
            entries[i].Batch.CopyTo(block.AsSpan(position));
            position += entries[i].Batch.Length;
        }

        JournalBlock.WriteHeader(block, JournalId, blockNumber: 12, entries.Length);
        return block;
    }
}
