using Xunit;

namespace OrleansStream.TestKit.Storage;

public abstract class JournalConformance<TFixture> : StorageConformance<TFixture>
    where TFixture : StorageFixture, new()
{
    [Fact]
    public async Task Appended_and_flushed_bytes_are_read_back_after_a_restart()
    {
        var bytes = Bytes(10_000);
        await using (var writer = await Storage.Journals.CreateAsync("j-1", None))
        {
            await writer.AppendAsync(0, bytes.AsMemory(0, 4_000), None);
            await writer.FlushAsync(None);
            await writer.AppendAsync(4_000, bytes.AsMemory(4_000), None);
            await writer.FlushAsync(None);
            Assert.Equal(10_000, writer.LengthBytes);
        }

        await ReopenAsync();

        await using var reader = await Storage.Journals.OpenAsync("j-1", None);
        Assert.Equal(bytes, await ReadAllAsync(reader));
    }

    [Theory]
    [InlineData(0, 100, 100)]
    [InlineData(40, 100, 60)]
    [InlineData(99, 1, 1)]
    [InlineData(100, 10, 0)]
    [InlineData(500, 10, 0)]
    public async Task A_read_gives_fewer_bytes_only_at_the_end(int position, int length, int expected)
    {
        var bytes = Bytes(100);
        await using (var writer = await Storage.Journals.CreateAsync("j-1", None))
        {
            await writer.AppendAsync(0, bytes, None);
        }

        await using var reader = await Storage.Journals.OpenAsync("j-1", None);

        var buffer = new byte[length];
        Assert.Equal(expected, await reader.ReadAsync(position, buffer, None));
        Assert.Equal(bytes.Skip(position).Take(expected), buffer.Take(expected));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    public async Task An_append_elsewhere_than_at_the_end_ends_the_writer(long position)
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(10), None);

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(position, Bytes(1), None));

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(10, Bytes(1), None));
        await Assert.ThrowsAsync<IOException>(async () => await writer.FlushAsync(None));
        Assert.Equal(10, writer.LengthBytes);
    }

    [Fact]
    public async Task A_sealed_file_takes_no_more_but_can_be_flushed()
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(10), None);
        await writer.SealAsync(None);

        await writer.FlushAsync(None);
        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(10, Bytes(1), None));

        await AssertHoldsAsync(Bytes(10));
    }

    [Fact]
    public async Task A_name_is_used_once()
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(10), None);

        var e = await Assert.ThrowsAnyAsync<IOException>(async () => await Storage.Journals.CreateAsync("j-1", None));

        Assert.Contains("j-1", e.Message, StringComparison.Ordinal);
        await AssertHoldsAsync(Bytes(10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60_000)]
    [InlineData(200_000)]
    public async Task What_is_read_while_it_is_written_is_what_was_appended_and_zeros(int appendBytes)
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        var bytes = Bytes(12 * appendBytes);
        for (var position = 0; position < bytes.Length; position += appendBytes)
        {
            await writer.AppendAsync(position, bytes.AsMemory(position, appendBytes), None);
            await writer.FlushAsync(None);
            await AssertHoldsAsync(bytes[..(position + appendBytes)]);
        }
    }

    [Fact]
    public async Task A_missing_file_is_not_found()
    {
        var e = await Assert.ThrowsAsync<FileNotFoundException>(
            async () => await Storage.Journals.OpenAsync("j-1", None));
        Assert.Contains("j-1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_listed_in_ordinal_order_across_a_restart()
    {
        foreach (var name in new[] { "j-2", "j-10", "a_b", "a.b" })
        {
            await (await Storage.Journals.CreateAsync(name, None)).DisposeAsync();
        }

        Assert.Equal(["a.b", "a_b", "j-10", "j-2"], await Storage.Journals.ListAsync(None));
        await ReopenAsync();
        Assert.Equal(["a.b", "a_b", "j-10", "j-2"], await Storage.Journals.ListAsync(None));
    }

    [Fact]
    public async Task A_deleted_file_is_gone_and_its_name_is_free()
    {
        await (await Storage.Journals.CreateAsync("j-1", None)).DisposeAsync();

        await Storage.Journals.DeleteAsync("j-1", None);
        await Storage.Journals.DeleteAsync("j-1", None);

        Assert.Empty(await Storage.Journals.ListAsync(None));
        await (await Storage.Journals.CreateAsync("j-1", None)).DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("Upper")]
    [InlineData("a b")]
    public async Task A_name_that_not_every_store_can_hold_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Storage.Journals.CreateAsync(name, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Storage.Journals.OpenAsync(name, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Storage.Journals.DeleteAsync(name, None));
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing_and_the_writer_goes_on()
    {
        var cancelled = new CancellationToken(canceled: true);
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await writer.AppendAsync(0, Bytes(10), cancelled));

        Assert.Equal(0, writer.LengthBytes);
        await writer.AppendAsync(0, Bytes(10), None);
    }

    private async Task AssertHoldsAsync(byte[] expected)
    {
        await using var reader = await Storage.Journals.OpenAsync("j-1", None);
        var bytes = await ReadAllAsync(reader);
        Assert.Equal(expected, bytes[..expected.Length]);
        Assert.True(bytes.AsSpan(expected.Length).IndexOfAnyExcept((byte)0) < 0);
    }
}
