using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using Xunit;

namespace OrleansStream.TestKit.Storage;

public abstract class SegmentConformance<TFixture> : StorageConformance<TFixture>
    where TFixture : StorageFixture, new()
{
    private static readonly PartitionId Partition = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 3);
    private static readonly PartitionId Sibling = Partition with { Partition = 4 };
    private static readonly SegmentName Name = new(BaseOffset: 1_000, Epoch: 2, Generation: 7);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(65_536, 1)]
    [InlineData(300_000, 7)]
    [InlineData(300_000, 3_000)]
    [InlineData(300_000, 65_535)]
    [InlineData(300_000, 300_000)]
    public async Task A_committed_segment_is_read_back_after_a_restart(int length, int pieceBytes)
    {
        var bytes = Bytes(length);
        await using (var writer = await Storage.Segments.CreateAsync(Partition, Name, None))
        {
            for (var position = 0; position < length; position += pieceBytes)
            {
                await writer.WriteAsync(bytes.AsMemory(position, Math.Min(pieceBytes, length - position)), None);
            }

            await writer.CommitAsync(None);
        }

        await ReopenAsync();

        Assert.Equal([Name], await Storage.Segments.ListAsync(Partition, None));
        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, None);
        Assert.Equal(bytes, await ReadAllAsync(segment));
    }

    [Fact]
    public async Task A_segment_does_not_exist_before_its_commit()
    {
        await using var writer = await Storage.Segments.CreateAsync(Partition, Name, None);
        await writer.WriteAsync(Bytes(100_000), None);

        Assert.Empty(await Storage.Segments.ListAsync(Partition, None));
        await Assert.ThrowsAsync<FileNotFoundException>(
            async () => await Storage.Segments.OpenAsync(Partition, Name, None));
    }

    [Fact]
    public async Task A_segment_abandoned_leaves_its_name_free()
    {
        await using (var writer = await Storage.Segments.CreateAsync(Partition, Name, None))
        {
            await writer.WriteAsync(Bytes(100_000), None);
        }

        await WriteAsync(Partition, Name, Bytes(10));

        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, None);
        Assert.Equal(Bytes(10), await ReadAllAsync(segment));
    }

    [Fact]
    public async Task A_name_has_one_writer_and_is_written_once()
    {
        await using (var writer = await Storage.Segments.CreateAsync(Partition, Name, None))
        {
            await Assert.ThrowsAsync<IOException>(
                async () => await Storage.Segments.CreateAsync(Partition, Name, None));
            await writer.CommitAsync(None);
        }

        await Assert.ThrowsAsync<IOException>(async () => await Storage.Segments.CreateAsync(Partition, Name, None));
        Assert.Equal([Name], await Storage.Segments.ListAsync(Partition, None));
    }

    [Fact]
    public async Task A_committed_segment_is_never_written_again()
    {
        await using var writer = await Storage.Segments.CreateAsync(Partition, Name, None);
        await writer.CommitAsync(None);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteAsync(Bytes(1), None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CommitAsync(None));
    }

    [Fact]
    public async Task A_missing_segment_is_not_found()
    {
        var e = await Assert.ThrowsAsync<FileNotFoundException>(
            async () => await Storage.Segments.OpenAsync(Partition, Name, None));
        Assert.Contains(Name.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partitions_do_not_see_each_others_segments()
    {
        await WriteAsync(Partition, Name, Bytes(1));
        await WriteAsync(Sibling, Name with { BaseOffset = 5 }, Bytes(2));

        Assert.Equal([Name], await Storage.Segments.ListAsync(Partition, None));
        Assert.Equal([Name with { BaseOffset = 5 }], await Storage.Segments.ListAsync(Sibling, None));
        Assert.Equal([Partition, Sibling], (await Storage.Segments.ListPartitionsAsync(None)).Order());
    }

    [Fact]
    public async Task A_deleted_segment_is_gone_and_its_neighbour_stays()
    {
        var neighbour = Name with { Generation = 8 };
        await WriteAsync(Partition, Name, Bytes(1));
        await WriteAsync(Partition, neighbour, Bytes(2));

        await Storage.Segments.DeleteAsync(Partition, Name, None);
        await Storage.Segments.DeleteAsync(Partition, Name, None);

        Assert.Equal([neighbour], await Storage.Segments.ListAsync(Partition, None));
    }

    [Fact]
    public async Task Deleting_a_partition_leaves_nothing_of_it_and_all_of_its_sibling()
    {
        await WriteAsync(Partition, Name, Bytes(1));
        await WriteAsync(Partition, Name with { Generation = 8 }, Bytes(2));
        await WriteAsync(Sibling, Name, Bytes(3));

        await Storage.Segments.DeletePartitionAsync(Partition, None);
        await Storage.Segments.DeletePartitionAsync(Partition, None);

        Assert.Empty(await Storage.Segments.ListAsync(Partition, None));
        Assert.Equal([Sibling], await Storage.Segments.ListPartitionsAsync(None));
        await WriteAsync(Partition, Name, Bytes(4));
        Assert.Equal([Name], await Storage.Segments.ListAsync(Partition, None));
    }

    [Fact]
    public async Task A_segment_of_a_deleted_partition_cannot_be_committed()
    {
        await using var writer = await Storage.Segments.CreateAsync(Partition, Name, None);
        await Storage.Segments.DeletePartitionAsync(Partition, None);

        await Assert.ThrowsAnyAsync<IOException>(async () => await writer.CommitAsync(None));
        Assert.Empty(await Storage.Segments.ListAsync(Partition, None));
    }

    [Fact]
    public async Task A_sweep_spares_segments_and_live_writers()
    {
        var next = Name with { BaseOffset = 2_000 };
        await WriteAsync(Partition, Name, Bytes(1));
        await using var writer = await Storage.Segments.CreateAsync(Partition, next, None);
        await writer.WriteAsync(Bytes(100_000), None);

        await Storage.Segments.SweepAsync(Partition, None);
        await writer.CommitAsync(None);

        Assert.Equal([Name, next], (await Storage.Segments.ListAsync(Partition, None)).OrderBy(n => n.BaseOffset));
    }

    [Fact]
    public async Task A_segment_is_read_by_many_at_once()
    {
        var bytes = Bytes(200_000);
        await WriteAsync(Partition, Name, bytes);
        await using var segment = await Storage.Segments.OpenAsync(Partition, Name, None);

        await Parallel.ForAsync(0, 50, async (i, cancellationToken) =>
        {
            var buffer = new byte[10_000];
            var count = await segment.ReadAsync(i * 4_000, buffer, cancellationToken);
            Assert.Equal(bytes.AsSpan(i * 4_000, count), buffer.AsSpan(0, count));
            Assert.Equal(Math.Min(10_000, 200_000 - (i * 4_000)), count);
        });
    }

    private async Task WriteAsync(PartitionId partition, SegmentName name, byte[] bytes)
    {
        await using var writer = await Storage.Segments.CreateAsync(partition, name, None);
        await writer.WriteAsync(bytes, None);
        await writer.CommitAsync(None);
    }
}
