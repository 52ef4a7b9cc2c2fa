using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

/// <summary>Batches and bodies that several tests start from.</summary>
internal static class SampleBatch
{
    public const long Now = 1_700_000_000_000;

    public static BatchLimits NoLimits { get; } =
        new(int.MaxValue, TimestampType.CreateTime, Now, long.MaxValue, long.MaxValue);

    /// <summary>Three records: with a key and headers, without a key, without a value.</summary>
    public static byte[] OfThree(CompressionCodec codec = CompressionCodec.None)
    {
        var builder = new BatchBuilder();
        builder.SetProducer(7, 1, 40);
        builder.Append("k1"u8, "v1"u8, Now, [new("h"u8.ToArray(), "x"u8.ToArray()), new("n"u8.ToArray(), null)]);
        builder.Append("only a value"u8, Now + 5);
        builder.Append("gone"u8, hasKey: true, [], hasValue: false, [], Now - 5);
        return builder.Build(codec).ToArray();
    }

    /// <summary>A batch around records that need not be any.</summary>
    public static byte[] Around(ReadOnlySpan<byte> records, int recordCount, short attributes = 0)
    {
        var batch = new byte[BatchHeader.SizeBytes + records.Length];
        records.CopyTo(batch.AsSpan(BatchHeader.SizeBytes));
        BatchHeader.TryRead(OfThree(), out var header);
        return Rewrite(batch, header with
        {
            BatchLength = batch.Length - BatchHeader.LengthPrefixBytes,
            RecordCount = recordCount,
            LastOffsetDelta = recordCount - 1,
            Attributes = attributes,
        });
    }

    /// <summary>Changes the header of a batch and makes its checksum right again.</summary>
    public static byte[] With(byte[] batch, Func<BatchHeader, BatchHeader> change)
    {
        BatchHeader.TryRead(batch, out var header);
        return Rewrite([.. batch], change(header));
    }

    /// <summary>What a batch's records say, for comparing.</summary>
    public static List<string> Describe(ReadOnlySpan<byte> records, int recordCount)
    {
        var lines = new List<string>();
        foreach (var record in new BatchReader(records, recordCount))
        {
            var line = $"{record.OffsetDelta} {record.TimestampDelta} "
                + $"{Text(record.Key, record.HasKey)}={Text(record.Value, record.HasValue)}";
            foreach (var header in record.Headers)
            {
                line += $" {Text(header.Key, true)}:{Text(header.Value, header.HasValue)}";
            }

            lines.Add(line);
        }

        return lines;
    }

    private static byte[] Rewrite(byte[] batch, BatchHeader header)
    {
        header.Write(batch);
        BatchStamp.SetCrc(batch);
        return batch;
    }

    private static string Text(ReadOnlySpan<byte> bytes, bool exists)
        => exists ? System.Text.Encoding.UTF8.GetString(bytes) : "null";
}
