using Azure.Storage;
using Azure.Storage.Sas;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class OwnershipTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly AzuriteFixture _fixture = new();

    [Fact]
    public async Task A_storage_in_use_is_refused_and_the_error_says_by_whom()
    {
        await using var first = await _fixture.OpenAsync(transport: null);

        var e = await Assert.ThrowsAsync<IOException>(() => _fixture.OpenAsync(transport: null));
        Assert.Contains($"process {Environment.ProcessId} on", e.Message, StringComparison.Ordinal);

        await first.DisposeAsync();
        await using var second = await _fixture.OpenAsync(transport: null);
    }

    [Fact]
    public async Task A_file_sealed_by_another_process_takes_no_more_from_its_writer()
    {
        await using var first = await _fixture.OpenAsync(transport: null);
        await using var writer = await first.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, new byte[10], None);

        await using var second = await _fixture.OpenAsync(transport: null, takeOver: true);
        var journals = Assert.IsType<ISharedJournalStore>(second.Journals, exactMatch: false);
        await journals.SealAsync("j-1", None);
        await journals.SealAsync("j-1", None);

        await Assert.ThrowsAsync<IOException>(async () => await writer.AppendAsync(10, new byte[10], None));
        await using var reader = await second.Journals.OpenAsync("j-1", None);
        Assert.Equal(10, reader.LengthBytes);
        await second.Journals.DeleteAsync("j-1", None);
        Assert.Empty(await second.Journals.ListAsync(None));
        await Assert.ThrowsAsync<FileNotFoundException>(async () => await journals.SealAsync("j-1", None));
    }

    [Fact]
    public async Task A_lease_that_was_not_renewed_in_time_ends_all_use()
    {
        var clock = new ManualTimeProvider();
        var network = new FaultyTransport();
        await using var storage = await _fixture.OpenAsync(network, time: clock);
        await storage.Journals.ListAsync(None);

        network.Next("PUT", "comp=lease", Enumerable.Repeat(Fate.Lost, 100));
        clock.Advance(new AzureStoreOptions().Lease);

        await Assert.ThrowsAsync<IOException>(async () => await storage.Journals.ListAsync(None));
        await Assert.ThrowsAsync<IOException>(async () => await storage.Tables.GetAsync("t", "k", "r", None));
    }

    [Fact]
    public async Task A_shared_access_signature_is_enough()
    {
        var sas = new AccountSasBuilder(
            AccountSasPermissions.All,
            DateTimeOffset.MaxValue,
            AccountSasServices.Blobs | AccountSasServices.Tables,
            AccountSasResourceTypes.All);
        var azurite = AzuriteServer.Process;
        var signature = sas.ToSasQueryParameters(
            new StorageSharedKeyCredential(AzuriteProcess.AccountName, AzuriteProcess.AccountKey));

        await using var storage = await _fixture.OpenAsync(
            transport: null, connection: $"SharedAccessSignature={signature};{azurite.Endpoints}");
        await storage.Tables.ExecuteAsync(
            "t", "k", [new(TableOperationKind.Insert, "a/b", new byte[] { 1 })], None);
        await using var writer = await storage.Journals.CreateAsync("j-1", None);
        await writer.AppendAsync(0, new byte[10], None);

        Assert.NotNull(await storage.Tables.GetAsync("t", "k", "a/b", None));
        Assert.Single(await storage.Tables.QueryAsync("t", "k", None));
    }
}
