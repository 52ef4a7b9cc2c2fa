using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

/// <summary>Uncompressed records that lie about themselves, under a checksum that is right.</summary>
public sealed class HostileRecordTests
{
    // A good record is 10 00 00 00 02 61 02 31 00: length 8, attributes, deltas, key a, value 1, no headers.
    [Theory]
    [InlineData("", "record length")]
    [InlineData("00", "record length at byte 0 is 0")]
    [InlineData("01", "record length at byte 0 is -1")]
    [InlineData("120000000261023100", "record length at byte 0 is 9")]
    [InlineData("0E0000000261023100", "header count at byte 8 is cut short")]
    [InlineData("FEFFFFFF0F0000000261023100", "record length at byte 0 is 2147483647")]
    [InlineData("FFFFFFFFFF0F", "record length at byte 0 is cut short or malformed")]
    [InlineData("FFFFFFFF1F", "record length at byte 0 is cut short or malformed")]
    [InlineData("0200", "timestamp delta at byte 2")]
    [InlineData("040000", "offset delta at byte 3")]
    [InlineData("1A00808080808080808080800100", "timestamp delta at byte 2 is cut short or malformed")]
    [InlineData("100000000361023100", "key length at byte 4 is -2")]
    [InlineData("100000000A61023100", "key length at byte 4 is 5")]
    [InlineData("10000000FEFFFFFF0F", "key length at byte 4 is 2147483647")]
    [InlineData("100000000261033100", "value length at byte 6 is -2")]
    [InlineData("100000000261063100", "value length at byte 6 is 3")]
    [InlineData("100000000261023101", "header count at byte 8 is -1")]
    [InlineData("100000000261023102", "header key length at byte 9")]
    [InlineData("160000000261023102010000", "header key length at byte 9 is -1")]
    [InlineData("160000000261023102026803", "header value length at byte 11 is -2")]
    [InlineData("1800000002610231FEFFFFFF0F", "header key length at byte 13")]
    [InlineData("12000000026102310000", "record length at byte 0 is 9")]
    [InlineData("100000020261023100", "offset delta is 1; it must be 0")]
    [InlineData("10000000026102310000", "More bytes follow")]
    public void Both_the_validator_and_the_reader_refuse_and_say_where(string records, string message)
    {
        var bytes = Convert.FromHexString(records);

        var check = BatchValidator.Check(SampleBatch.Around(bytes, recordCount: 1), SampleBatch.NoLimits);

        Assert.Equal(StreamError.InvalidRecord, check.Error);
        Assert.Contains(message, check.Message, StringComparison.Ordinal);
        if (!message.StartsWith("offset delta is", StringComparison.Ordinal))
        {
            var exception = Assert.Throws<ProtocolException>(() => SampleBatch.Describe(bytes, recordCount: 1));
            Assert.Equal(check.Message, exception.Message);
        }
    }

    [Fact]
    public void Records_cut_short_anywhere_are_refused()
    {
        var records = SampleBatch.OfThree()[BatchHeader.SizeBytes..];

        for (var length = 0; length < records.Length; length++)
        {
            var cut = records[..length];
            Assert.Equal(
                StreamError.InvalidRecord,
                BatchValidator.Check(SampleBatch.Around(cut, recordCount: 3), SampleBatch.NoLimits).Error);
            Assert.Throws<ProtocolException>(() => SampleBatch.Describe(cut, recordCount: 3));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_bytes_validator_and_reader_agree_and_nothing_else_is_thrown(int seed)
    {
        var random = new Random(seed);
        var original = SampleBatch.OfThree()[BatchHeader.SizeBytes..];
        var accepted = 0;

        for (var round = 0; round < 5_000; round++)
        {
            var records = (byte[])original.Clone();
            for (var change = random.Next(3); change >= 0; change--)
            {
                records[random.Next(records.Length)] = (byte)random.Next(256);
            }

            var check = BatchValidator.Check(SampleBatch.Around(records, recordCount: 3), SampleBatch.NoLimits);
            var isReadable = Record.Exception(() => SampleBatch.Describe(records, recordCount: 3)) switch
            {
                null => true,
                ProtocolException => false,
                var unexpected => throw unexpected,
            };
            accepted += check.IsGood ? 1 : 0;

            // The reader does not insist on dense offsets and has no clock; the validator does and has.
            Assert.True(isReadable || !check.IsGood);
        }

        Assert.InRange(accepted, 1, 4_999);
    }
}
