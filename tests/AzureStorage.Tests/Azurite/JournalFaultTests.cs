using Azure.Storage.Blobs.Specialized;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class JournalFaultTests : FaultSuite
{
    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task An_append_is_stored_once_whatever_becomes_of_its_tries(string fates)
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(1_000), None);
        Network.Next("PUT", "comp=appendblock", Parse(fates));
        await writer.AppendAsync(1_000, Bytes(500), None);
        await writer.AppendAsync(1_500, Bytes(10), None);

        Assert.Equal(0, Network.PlannedCount);
        byte[] expected = [.. Bytes(1_000), .. Bytes(500), .. Bytes(10)];
        Assert.Equal(expected, await ReadAsync("j-1"));
    }

    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task A_file_is_created_once_whatever_becomes_of_its_tries(string fates)
    {
        Network.Next("PUT", "journal/j-1", Parse(fates));
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);

        await writer.AppendAsync(0, Bytes(10), None);
        Assert.Equal(0, Network.PlannedCount);
    }

    [Fact]
    public async Task A_name_that_another_writer_took_is_refused_even_when_a_reply_was_lost()
    {
        await using var first = await Storage.Journals.CreateAsync("j-1", None);
        Network.Next("PUT", "journal/j-1", Fate.ReplyLost);

        await Assert.ThrowsAsync<IOException>(async () => await Storage.Journals.CreateAsync("j-1", None));
    }

    [Fact]
    public async Task An_append_that_never_arrives_ends_the_writer_and_leaves_what_was_there()
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(100), None);
        Network.Next("PUT", "comp=appendblock", AllTries(Fate.Lost));

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(100, Bytes(10), None));

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(100, Bytes(10), None));
        Assert.Equal(Bytes(100), await ReadAsync("j-1"));
    }

    // A request carries 4 MiB, so this takes three; the service gets two of them.
    [Fact]
    public async Task A_large_append_is_acknowledged_whole_or_not_at_all()
    {
        var bytes = Bytes(10 * 1_024 * 1_024);
        await using var whole = await Storage.Journals.CreateAsync("whole", None);
        await whole.AppendAsync(0, bytes, None);
        Assert.Equal(bytes, await ReadAsync("whole"));

        await using var torn = await Storage.Journals.CreateAsync("torn", None);
        Network.Next("PUT", "comp=appendblock", [Fate.Done, Fate.Done, .. AllTries(Fate.Lost)]);
        await Assert.ThrowsAsync<IOException>(async () => await torn.AppendAsync(0, bytes, None));
        Assert.Equal(0, torn.LengthBytes);
        Assert.Equal(bytes[..(8 * 1_024 * 1_024)], await ReadAsync("torn"));
    }

    [Fact]
    public async Task An_append_that_another_writer_got_ahead_of_is_refused()
    {
        await using var writer = await Storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, Bytes(100), None);
        await AppendElsewhereAsync("journal/j-1", Bytes(10));

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(100, new byte[10], None));
    }

    private async Task AppendElsewhereAsync(string name, byte[] bytes)
        => await Fixture.Container.GetAppendBlobClient(name).AppendBlockAsync(new MemoryStream(bytes));

    private async Task<byte[]> ReadAsync(string name)
    {
        await using var reader = await Storage.Journals.OpenAsync(name, None);
        var bytes = new byte[reader.LengthBytes];
        Assert.Equal(bytes.Length, await reader.ReadAsync(0, bytes, None));
        return bytes;
    }
}
