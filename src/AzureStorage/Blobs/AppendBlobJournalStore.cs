using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Keeps journal files as append blobs.</summary>
/// <remarks>A sealed file has a lease without end whose id nobody keeps: it takes no appends.</remarks>
internal sealed class AppendBlobJournalStore(BlobContainerClient container, StorageCalls calls) : ISharedJournalStore
{
    private const string Folder = "journal/";

    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        var marker = new BlobMarker();
        return await calls.RunAsync<IJournalWriter>(
            blob.Name,
            async token =>
            {
                try
                {
                    await blob.CreateAsync(
                        new AppendBlobCreateOptions
                        {
                            Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All },
                            Metadata = marker.Metadata,
                        },
                        token).ConfigureAwait(false);
                }
                catch (Exception e) when (StorageFault.IsUnclear(e) && StorageFault.Is(e, token))
                {
                    await marker.ConfirmAsync(blob, lengthBytes: 0, e, token).ConfigureAwait(false);
                }

                return new AppendBlobWriter(blob, calls);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        return new ReadAheadReader(await BlobReader.OpenAsync(blob, calls, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
        => await calls.RunAsync(
            container.Name,
            async token =>
            {
                var names = new List<string>();
                await foreach (var blob in container
                    .GetBlobsAsync(prefix: Folder, cancellationToken: token).ConfigureAwait(false))
                {
                    names.Add(blob.Name[Folder.Length..]);
                }

                names.Sort(StringComparer.Ordinal);
                return names;
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(name);
        await calls.RunAsync(
            blob.Name,
            async token =>
            {
                try
                {
                    return await blob.DeleteIfExistsAsync(cancellationToken: token).ConfigureAwait(false);
                }
                catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.LeaseIdMissing)
                {
                    await blob.GetBlobLeaseClient()
                        .BreakAsync(TimeSpan.Zero, cancellationToken: token).ConfigureAwait(false);
                    return await blob.DeleteIfExistsAsync(cancellationToken: token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask SealAsync(string name, CancellationToken cancellationToken)
        => SealAsync(BlobOf(name), calls, cancellationToken);

    /// <inheritdoc cref="ISharedJournalStore.SealAsync"/>
    public static async ValueTask SealAsync(
        AppendBlobClient blob, StorageCalls calls, CancellationToken cancellationToken)
        => await calls.RunAsync(
            blob.Name,
            async token =>
            {
                try
                {
                    await blob.GetBlobLeaseClient()
                        .AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: token)
                        .ConfigureAwait(false);
                }
                catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.LeaseAlreadyPresent)
                {
                    // Sealed before.
                }
                catch (RequestFailedException e) when (e.Status == 404)
                {
                    throw new FileNotFoundException($"There is no {blob.Name}.", blob.Name, e);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    private AppendBlobClient BlobOf(string name)
    {
        StorageNames.CheckJournal(name);
        return container.GetAppendBlobClient(Folder + name);
    }
}
