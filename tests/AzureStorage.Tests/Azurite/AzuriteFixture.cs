using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.AzureStorage.Tests.Azurite;

/// <summary>Runs one Azurite for all tests of the collection.</summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    private static AzuriteProcess? s_process;

    /// <summary>The server, while tests of the collection run: suites make their fixtures themselves.</summary>
    public static AzuriteProcess Process => s_process ?? throw new InvalidOperationException("Azurite does not run.");

    public async Task InitializeAsync() => s_process = await AzuriteProcess.StartAsync();

    public async Task DisposeAsync() => await Process.DisposeAsync();
}

/// <summary>Groups the tests that use Azurite. They run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteServer>
{
    public const string Name = "azurite";
}

/// <summary>An empty container and table of Azurite, for one test.</summary>
public sealed class AzuriteFixture : StorageFixture
{
    private readonly string _name = $"t{Guid.NewGuid():N}";

    /// <summary>The container as others see it.</summary>
    internal BlobContainerClient Container => new(AzuriteServer.Process.ConnectionString, _name);

    public override async ValueTask OpenAsync() => Storage = await OpenAsync(transport: null);

    public override async ValueTask ReopenAsync()
    {
        await Storage.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>Opens the storage once more, or with options of its own.</summary>
    internal async Task<AzureStore> OpenAsync(
        HttpPipelineTransport? transport,
        bool takeOver = false,
        int retries = 3,
        string? connection = null,
        TimeProvider? time = null)
        => await AzureStore.OpenAsync(
            AzureAccount.Parse(connection ?? AzuriteServer.Process.ConnectionString),
            new AzureStoreOptions
            {
                Name = _name,
                TakeOver = takeOver,
                LeaseWait = TimeSpan.Zero,
                Retries = retries,
                RetryDelay = TimeSpan.FromMilliseconds(1),
            },
            time ?? TimeProvider.System,
            transport,
            CancellationToken.None);
}
