using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using OrleansStream.AzureStorage.Blobs;
using OrleansStream.AzureStorage.Tables;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage;

/// <summary>Keeps everything in an Azure storage account, held for this process alone.</summary>
/// <remarks>
/// <code>
/// container NAME   lock                                     leased while open; names the holder
///                  journal/NAME                             append blobs
///                  segments/TOPIC ID/PARTITION/NAME.segment block blobs
/// table NAME       the rows of all tables: <see cref="TableKeys"/>
/// </code>
/// </remarks>
public sealed class AzureStore : IStorage
{
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    private readonly OwnerLease _lease;

    private AzureStore(BlobContainerClient container, TableEndpoint table, OwnerLease lease)
    {
        _lease = lease;
        var calls = new StorageCalls(lease);
        Journals = new AppendBlobJournalStore(container, calls);
        Segments = new BlockBlobSegmentStore(container, calls);
        Tables = new AzureTableStore(table, calls);
    }

    public ISegmentStore Segments { get; }

    public IJournalStore Journals { get; }

    public ITableStore Tables { get; }

    /// <summary>Opens the storage, creating container and table if need be.</summary>
    /// <exception cref="IOException">It is in use by another process, or cannot be reached or used.</exception>
    public static Task<AzureStore> OpenAsync(
        AzureAccount account, AzureStoreOptions options, TimeProvider time, CancellationToken cancellationToken)
        => OpenAsync(account, options, time, transport: null, cancellationToken);

    /// <param name="transport">Carries the requests; null for the usual one.</param>
    internal static async Task<AzureStore> OpenAsync(
        AzureAccount account,
        AzureStoreOptions options,
        TimeProvider time,
        HttpPipelineTransport? transport,
        CancellationToken cancellationToken)
    {
        try
        {
            var container = account
                .OpenBlobs(Configure(new BlobClientOptions(), options, transport))
                .GetBlobContainerClient(options.Name);
            var table = account.OpenTable(options.Name, Configure(new TableOptions(), options, transport));
            await CreateAsync(container, cancellationToken).ConfigureAwait(false);
            await table.CreateAsync(cancellationToken).ConfigureAwait(false);
            var lease = await OwnerLease.TakeAsync(container, options, time, cancellationToken).ConfigureAwait(false);
            return new AzureStore(container, table, lease);
        }
        catch (Exception e) when (StorageFault.Is(e, cancellationToken))
        {
            throw StorageFault.ToIOException(account.ToString(), e);
        }
    }

    public ValueTask DisposeAsync() => _lease.DisposeAsync();

    // Asking first lets those in who may use the container but not create one.
    private static async Task CreateAsync(BlobContainerClient container, CancellationToken cancellationToken)
    {
        if (!await container.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static T Configure<T>(T client, AzureStoreOptions options, HttpPipelineTransport? transport)
        where T : ClientOptions
    {
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.MaxRetries = options.Retries;
        client.Retry.Delay = options.RetryDelay;
        client.Retry.MaxDelay = MaxRetryDelay;
        client.Retry.NetworkTimeout = options.RequestTimeout;
        client.Diagnostics.IsLoggingContentEnabled = false;
        client.Transport = transport ?? client.Transport;
        return client;
    }

    private sealed class TableOptions : ClientOptions;
}
