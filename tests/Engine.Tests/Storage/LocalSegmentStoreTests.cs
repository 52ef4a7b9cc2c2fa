using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class LocalSegmentStoreTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly PartitionId Partition = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 3);
    private static readonly SegmentName Name = new(BaseOffset: 1_000, Epoch: 2, Generation: 7);

    private readonly TemporaryDirectory _directory = new();
    private readonly FileRemover _remover = new(TimeProvider.System);
    private readonly LocalSegmentStore _segments;

    public LocalSegmentStoreTests() => _segments = new LocalSegmentStore(_directory.Path, _remover);

    private string PartitionPath => Path.Combine(_directory.Path, "00112233445566778899aabbccddeeff", "3");

    private string SegmentPath
        => Path.Combine(PartitionPath, "0000000000000001000-0000000002-0000000000000000007.segment");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _remover.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_segment_lies_where_its_name_says()
    {
        await WriteAsync([1, 2, 3]);

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(SegmentPath));
        Assert.Equal([SegmentPath], Directory.GetFiles(PartitionPath));
    }

    [Fact]
    public async Task What_a_dead_writer_left_is_not_listed_and_is_swept()
    {
        await WriteAsync([1]);
        var leftover = LeaveBehind("0000000000000002000-0000000002-0000000000000000008.segment.tmp");

        Assert.Equal([Name], await _segments.ListAsync(Partition, None));
        await _segments.SweepAsync(Partition, None);

        Assert.False(File.Exists(leftover));
        Assert.Equal([Name], await _segments.ListAsync(Partition, None));
    }

    [Fact]
    public async Task A_partition_with_nothing_but_a_leftover_is_listed_so_that_it_is_swept()
    {
        LeaveBehind(Path.GetFileName(SegmentPath) + ".tmp");

        Assert.Equal([Partition], await _segments.ListPartitionsAsync(None));
        await _segments.SweepAsync(Partition, None);
        Assert.Empty(Directory.GetFiles(PartitionPath));
    }

    [Fact]
    public async Task A_writer_takes_the_place_of_a_dead_one()
    {
        LeaveBehind(Path.GetFileName(SegmentPath) + ".tmp");

        await WriteAsync([1]);

        Assert.Equal([1], await File.ReadAllBytesAsync(SegmentPath));
        Assert.Equal([SegmentPath], Directory.GetFiles(PartitionPath));
    }

    [Fact]
    public async Task An_abandoned_segment_leaves_no_file()
    {
        await using (var writer = await _segments.CreateAsync(Partition, Name, None))
        {
            await writer.WriteAsync(new byte[200_000], None);
            Assert.Single(Directory.GetFiles(PartitionPath));
        }

        Assert.Empty(Directory.GetFiles(PartitionPath));
    }

    [Fact]
    public async Task Files_and_directories_of_others_are_passed_over()
    {
        await WriteAsync([1]);
        LeaveBehind("notes.segment");
        LeaveBehind("1000-2-7.segment");
        Directory.CreateDirectory(Path.Combine(_directory.Path, "lost+found", "3"));
        Directory.CreateDirectory(Path.Combine(PartitionPath, "..", "-1"));

        Assert.Equal([Name], await _segments.ListAsync(Partition, None));
        Assert.Equal([Partition], await _segments.ListPartitionsAsync(None));
    }

    [Fact]
    public async Task The_last_deleted_partition_takes_its_topics_directory_along()
    {
        await WriteAsync([1]);
        await _segments.DeletePartitionAsync(Partition, None);

        Assert.Empty(Directory.GetDirectories(_directory.Path));
    }

    private string LeaveBehind(string name)
    {
        Directory.CreateDirectory(PartitionPath);
        var path = Path.Combine(PartitionPath, name);
        File.WriteAllBytes(path, new byte[100]);
        return path;
    }

    private async Task WriteAsync(byte[] bytes)
    {
        await using var writer = await _segments.CreateAsync(Partition, Name, None);
        await writer.WriteAsync(bytes, None);
        await writer.CommitAsync(None);
    }
}
