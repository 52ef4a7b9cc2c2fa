using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

/// <summary>A batch computed by hand from the format's description, and its checksum by long division.</summary>
public sealed class GoldenBatchTests
{
    private static readonly byte[] s_golden = Convert.FromHexString(
        "0000000000000000" // base offset
        + "00000046" // batch length: 49 bytes of the header, 21 of the records
        + "FFFFFFFF" // leader epoch
        + "02" // magic
        + "67323865" // CRC
        + "0000" // attributes
        + "00000001" // last offset delta
        + "00000000000003E8" // base timestamp: 1000
        + "00000000000003EB" // max timestamp: 1003
        + "0000000000000009" // producer id
        + "0002" // producer epoch
        + "00000010" // base sequence
        + "00000002" // record count
        + "100000000261023100" // key a, value 1, no headers
        + "160006020104323202026801"); // 3 ms later, no key, value 22, header h = null

    [Fact]
    public void The_header_is_decoded_field_by_field()
    {
        Assert.True(BatchHeader.TryRead(s_golden, out var header));

        Assert.Equal(
            new BatchHeader
            {
                BaseOffset = 0,
                BatchLength = 70,
                LeaderEpoch = -1,
                Magic = 2,
                Crc = 0x67323865,
                Attributes = 0,
                LastOffsetDelta = 1,
                BaseTimestamp = 1_000,
                MaxTimestamp = 1_003,
                ProducerId = 9,
                ProducerEpoch = 2,
                BaseSequence = 16,
                RecordCount = 2,
            },
            header);
    }

    [Fact]
    public void The_validator_accepts_it()
    {
        var check = BatchValidator.Check(s_golden, SampleBatch.NoLimits);

        Assert.Equal((StreamError.None, null, 1_003L), (check.Error, check.Message, check.MaxTimestamp));
    }

    [Fact]
    public void The_reader_finds_both_records()
        => Assert.Equal(
            ["0 0 a=1", "1 3 null=22 h:null"],
            SampleBatch.Describe(s_golden.AsSpan(BatchHeader.SizeBytes), recordCount: 2));

    [Fact]
    public void The_builder_writes_the_same_bytes()
    {
        var builder = new BatchBuilder();
        builder.SetProducer(9, 2, 16);
        builder.Append("a"u8, "1"u8, 1_000);
        builder.Append([], hasKey: false, "22"u8, hasValue: true, [new("h"u8.ToArray(), null)], 1_003);

        Assert.Equal(s_golden, builder.Build().ToArray());
    }
}
