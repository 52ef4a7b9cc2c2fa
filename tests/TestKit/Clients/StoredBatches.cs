using OrleansStream.Protocols.Batches;

namespace OrleansStream.TestKit.Clients;

/// <summary>A record batch as a silo stores it.</summary>
/// <param name="Bytes">Header and records.</param>
public readonly record struct StoredBatch(BatchHeader Header, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads all that a partition holds, batch by batch.</summary>
public static class StoredBatches
{
    private const int MaxRecordsBytes = 64 * 1_024 * 1_024;

    public static async Task<IReadOnlyList<StoredBatch>> ReadAsync(
        KafkaConnection connection, string topic, int partition)
    {
        var batches = new List<StoredBatch>();
        var offset = 0L;
        while (true)
        {
            var fetched = Split(await connection.FetchAsync(topic, partition, offset));
            if (fetched.Count == 0)
            {
                return batches;
            }

            batches.AddRange(fetched);
            offset = fetched[^1].Header.NextOffset;
        }
    }

    /// <summary>The values, as text, of batches that are not compressed by Zstandard.</summary>
    public static IEnumerable<string> Values(IEnumerable<StoredBatch> batches)
    {
        var values = new List<string>();
        foreach (var batch in batches)
        {
            using var records = BatchCompression.Decompress(
                batch.Header.Codec, batch.Bytes.Span[BatchHeader.SizeBytes..], MaxRecordsBytes);
            foreach (var record in new BatchReader(records.Span, batch.Header.RecordCount))
            {
                values.Add(System.Text.Encoding.UTF8.GetString(record.Value));
            }
        }

        return values;
    }

    /// <summary>The whole batches at the front of what a fetch returned.</summary>
    public static IReadOnlyList<StoredBatch> Split(ReadOnlyMemory<byte> bytes)
    {
        var batches = new List<StoredBatch>();
        while (BatchHeader.TryRead(bytes.Span, out var header) && header.TotalBytes <= bytes.Length)
        {
            batches.Add(new StoredBatch(header, bytes[..header.TotalBytes]));
            bytes = bytes[header.TotalBytes..];
        }

        return batches;
    }
}
