using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class SegmentFaultTests : FaultSuite
{
    private const int SmallBytes = 10_000;
    private const int LargeBytes = 18_000_000; // Five blocks.

    private static readonly PartitionId Partition = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 3);
    private static readonly SegmentName Name = new(BaseOffset: 1_000, Epoch: 2, Generation: 7);

    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task A_segment_is_there_whatever_becomes_of_its_commit(string fates)
    {
        Network.Next("PUT", "comp=block&", Fate.ReplyLost, Fate.Busy);
        Network.Next("PUT", "comp=blocklist", Parse(fates));
        await WriteAsync(Bytes(LargeBytes));

        Assert.Equal(0, Network.PlannedCount);
        Assert.Equal(Bytes(LargeBytes), await ReadAsync());
    }

    [Theory]
    [InlineData("comp=block&")]
    [InlineData("comp=blocklist")]
    public async Task A_segment_that_cannot_be_written_does_not_exist_and_leaves_its_name_free(string url)
    {
        var rented = PooledBuffer.RentedCount;
        Network.Next("PUT", url, Enumerable.Repeat(Fate.Busy, 100));
        await Assert.ThrowsAsync<IOException>(() => WriteAsync(Bytes(LargeBytes)));
        Network.Heal();

        Assert.Empty(await Storage.Segments.ListAsync(Partition, None));
        Assert.Equal(rented, PooledBuffer.RentedCount);
        await WriteAsync(Bytes(SmallBytes));
        Assert.Equal(Bytes(SmallBytes), await ReadAsync());
    }

    // Of two processes that write the same name, both past the check whether it is there.
    [Fact]
    public async Task A_name_that_another_process_took_meanwhile_is_refused_even_when_a_reply_was_lost()
    {
        await using var writer = await Storage.Segments.CreateAsync(Partition, Name, None);
        await writer.WriteAsync(Bytes(SmallBytes), None);
        var path = $"segments/{Partition.TopicId:N}/{Partition.Partition}/{Name}.segment";
        await Fixture.Container.UploadBlobAsync(path, new BinaryData("theirs"));
        Network.Next("PUT", "comp=blocklist", Fate.Lost, Fate.ReplyLost);

        await Assert.ThrowsAsync<IOException>(async () => await writer.CommitAsync(None));
        Assert.Equal("theirs"u8.ToArray(), await ReadAsync());
    }

    [Fact]
    public async Task A_segment_of_known_length_is_read_without_asking_for_it()
    {
        await WriteAsync(Bytes(SmallBytes));
        Network.Next("HEAD", "segments/", Fate.Busy);

        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, SmallBytes, None);
        var end = new byte[100];
        Assert.Equal(end.Length, await segment.ReadAsync(SmallBytes - end.Length, end, None));

        Assert.Equal(Bytes(SmallBytes)[^end.Length..], end);
        Assert.Equal(0, await segment.ReadAsync(SmallBytes, end, None));
        Assert.Equal(1, Network.PlannedCount);
    }

    [Theory]
    [InlineData(SmallBytes - 1)]
    [InlineData(SmallBytes + 1)]
    [InlineData(2 * SmallBytes)]
    public async Task A_segment_that_is_not_as_long_as_it_was_said_to_be_cannot_be_read(int knownBytes)
    {
        await WriteAsync(Bytes(SmallBytes));

        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, knownBytes, None);

        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await segment.ReadAsync(knownBytes - 100, new byte[100], None));
    }

    [Fact]
    public async Task A_segment_of_known_length_that_is_not_there_is_found_missing_by_the_first_read()
    {
        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, SmallBytes, None);

        await Assert.ThrowsAsync<FileNotFoundException>(
            async () => await segment.ReadAsync(0, new byte[100], None));
    }

    private async Task WriteAsync(byte[] bytes)
    {
        await using var writer = await Storage.Segments.CreateAsync(Partition, Name, None);
        await writer.WriteAsync(bytes, None);
        await writer.CommitAsync(None);
    }

    private async Task<byte[]> ReadAsync()
    {
        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, None);
        var bytes = new byte[segment.LengthBytes];
        Assert.Equal(bytes.Length, await segment.ReadAsync(0, bytes, None));
        return bytes;
    }
}
