using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Tests.Groups;

public sealed class GroupRecordsTests
{
    private static readonly StoredGroup Group = new(
        7, "consumer", "range", "leader", IsAssigned: true, EmptySince: 0,
        [
            new("leader", null, "client", "host", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60),
                [new("range", [1, 2]), new("sticky", [])], [3]),
            new("follower", "instance", "", "é", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2),
                [new("range", [])], []),
        ]);

    [Fact]
    public void A_group_is_read_as_it_was_written()
    {
        var bytes = GroupRecords.Encode(Group);

        // Records compare their lists by reference, so it is their bytes that are compared.
        Assert.Equal(bytes, GroupRecords.Encode(GroupRecords.DecodeGroup(bytes)));
        Assert.Equal("instance", GroupRecords.DecodeGroup(bytes).Members[1].InstanceId);
    }

    [Fact]
    public void An_offset_is_read_as_it_was_written()
    {
        var offset = new StoredOffset(long.MaxValue, 4, "note", 5, -1);

        Assert.Equal(offset, GroupRecords.DecodeOffset(GroupRecords.Encode(offset)));
    }

    [Fact]
    public void A_key_is_read_as_it_was_written_and_keeps_its_bytes()
    {
        var key = new GroupKey("g", new PartitionId(new("00010203-0405-0607-0809-0a0b0c0d0e0f"), 258));

        var bytes = GroupRecords.EncodeKey(key);

        Assert.Equal("01010000000167000102030405060708090A0B0C0D0E0F00000102", Convert.ToHexString(bytes));
        Assert.Equal(key, GroupRecords.DecodeKey(bytes));
        Assert.Equal(new GroupKey("g", null), GroupRecords.DecodeKey(GroupRecords.EncodeKey(new("g", null))));
    }

    [Fact]
    public void Bytes_that_end_early_or_are_of_a_later_version_are_refused()
    {
        var bytes = GroupRecords.Encode(Group);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => GroupRecords.DecodeGroup(bytes.AsSpan(0, length)));
        }

        bytes[0] = 2;
        Assert.Throws<InvalidDataException>(() => GroupRecords.DecodeGroup(bytes));
    }
}
