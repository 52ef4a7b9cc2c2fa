using OrleansStream.Client.Consuming;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Tests.Consuming;

public sealed class FetchedChunkTests
{
    private const int RecordCount = 100;
    private const int SmallestRecordBytes = 8;

    private static readonly TopicPartition s_partition = new("chunks", 0);

    // What the reader has passed is overwritten: nobody could walk it, verify it or decompress it again.
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Lz4)]
    public void A_batch_read_in_parts_is_verified_decompressed_and_walked_once(CompressionCodec codec)
    {
        var batch = Batch(codec);
        var assigned = Fetch(batch);

        var numbers = ReadPart(assigned);
        while (numbers.Count < RecordCount)
        {
            var passed = codec == CompressionCodec.None
                ? batch.AsSpan(BatchHeader.SizeBytes, numbers.Count * SmallestRecordBytes)
                : batch.AsSpan(BatchHeader.SizeBytes);
            passed.Fill(0xFF);
            numbers.AddRange(ReadPart(assigned));
        }

        Assert.Equal(Enumerable.Range(0, RecordCount), numbers);
        assigned.Settle();
        Assert.Null(assigned.TryTake());
    }

    [Fact]
    public void A_damaged_batch_is_refused_each_time_and_the_records_before_it_are_read()
    {
        var damaged = Batch(CompressionCodec.None);
        BatchStamp.SetBaseOffset(damaged, RecordCount);
        damaged[^1] ^= 1;
        var assigned = Fetch([.. Batch(CompressionCodec.None), .. damaged]);

        for (var read = 0; read < RecordCount; read += ReadPart(assigned, RecordCount - read).Count)
        {
        }

        Assert.Equal(ErrorCode.CorruptMessage, Assert.Throws<StreamException>(() => ReadPart(assigned)).Error);
        Assert.Equal(ErrorCode.CorruptMessage, Assert.Throws<StreamException>(() => ReadPart(assigned)).Error);
    }

    private static byte[] Batch(CompressionCodec codec)
    {
        var builder = new BatchBuilder();
        for (var number = 0; number < RecordCount; number++)
        {
            builder.Append([(byte)number], timestamp: 0);
        }

        var batch = builder.Build(codec).ToArray();
        BatchStamp.SetBaseOffset(batch, 0);
        return batch;
    }

    private static AssignedPartitions Fetch(byte[] batches)
    {
        var assigned = new AssignedPartitions(new ConsumerOptions { MaxPollRecords = 7 });
        assigned.Assign([s_partition]);
        assigned.Change(s_partition, cursor => cursor.MoveTo(0));
        var planned = Assert.Single(assigned.Plan(out _));
        assigned.Fetched(planned, new FetchedRecords([batches], null), new SharedMemory(null, 1), highWatermark: 0);
        return assigned;
    }

    private static List<int> ReadPart(AssignedPartitions assigned, int maxCount = int.MaxValue)
    {
        var numbers = new List<int>();
        assigned.Settle();
        foreach (var record in assigned.TryTake()!)
        {
            numbers.Add(record.Value[0]);
            if (numbers.Count == maxCount)
            {
                break;
            }
        }

        return numbers;
    }
}
