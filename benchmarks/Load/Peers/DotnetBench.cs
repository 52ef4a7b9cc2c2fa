using System.Buffers.Binary;
using System.Diagnostics;
using OrleansStream.Client;
using OrleansStream.Contracts;
using OrleansStream.Load.Workloads;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Load.Peers;

/// <summary>What one run of our client did, and the bytes it allocated for each record.</summary>
internal readonly record struct ClientRun(Throughput Throughput, double AllocatedBytes);

/// <summary>Our client in this process, doing what <see cref="LibrdkafkaBench"/> does, set likewise.</summary>
/// <remarks>There too the first record opens connections and learns the leader, which is not measured.</remarks>
internal sealed class DotnetBench(string address)
{
    private const int BatchBytes = 1_000_000;
    private const int FetchBytes = 8 * 1_024 * 1_024;
    private const int RecordsPerRead = 1_000;
    private const byte Filling = (byte)'v';

    private readonly StreamClient _client = StreamClient.Connect(address);

    /// <returns>Records, each stored.</returns>
    public async Task<ClientRun> ProduceAsync(string topic, int records, int recordBytes, CompressionCodec compression)
    {
        await using var producer = _client.CreateProducer(
            new() { Acks = Acks.Leader, BatchBytes = BatchBytes, Compression = compression });
        var value = new byte[recordBytes];
        value.AsSpan().Fill(Filling);
        Fill(value, 0);
        await producer.SendAsync(new OutgoingRecord(topic, null, value) { Partition = 0 });

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        for (var number = 1; number < records; number++)
        {
            Fill(value, number);
            await producer.PostAsync(new OutgoingRecord(topic, null, value) { Partition = 0 });
        }

        await producer.FlushAsync();
        return Since(start, allocated, records - 1);
    }

    /// <returns>Records, each checked.</returns>
    public async Task<ClientRun> FetchAsync(string topic, int records, int recordBytes)
    {
        await using var consumer = _client.CreateConsumer(
            new() { FetchPartitionBytes = FetchBytes, MaxPollRecords = RecordsPerRead });
        consumer.Assign(new TopicPartitionOffset(new TopicPartition(topic, 0), 0));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var first = Check(await consumer.ReadBatchAsync(deadline.Token), 0, recordBytes);

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        for (var number = first; number < records;)
        {
            number = Check(await consumer.ReadBatchAsync(deadline.Token), number, recordBytes);
        }

        return Since(start, allocated, records - first);
    }

    // The same bytes as of the other client: a number, then up to the middle some that do not compress.
    private static void Fill(Span<byte> value, long number)
    {
        const ulong Spread = 0x9E3779B97F4A7C15;
        var noise = unchecked(((ulong)number * Spread) + 1);
        BinaryPrimitives.WriteInt64LittleEndian(value, number);
        for (var i = sizeof(long); i + sizeof(ulong) <= value.Length / 2; i += sizeof(ulong))
        {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            BinaryPrimitives.WriteUInt64LittleEndian(value[i..], noise);
        }
    }

    private static long Check(ConsumedBatch batch, long number, int recordBytes)
    {
        foreach (var record in batch)
        {
            var value = record.Value;
            if (record.Offset != number || value.Length != recordBytes || value[^1] != Filling
                || BinaryPrimitives.ReadInt64LittleEndian(value) != number)
            {
                throw new WrongResultException($"Record {number} is not what came at offset {record.Offset}.");
            }

            number++;
        }

        return number;
    }

    private static ClientRun Since(long start, long allocated, long records)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        var allocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new(new(records, elapsed), (double)allocatedBytes / records);
    }
}
