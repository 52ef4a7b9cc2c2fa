using System.Collections.Concurrent;
using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Keeps segments as block blobs.</summary>
/// <remarks>
/// Blocks that no commit has named are no blob: nothing lists or reads them, a later writer of the same name begins
/// without them, and the service drops them after a week. So there are no leftovers to sweep.
/// </remarks>
internal sealed class BlockBlobSegmentStore(BlobContainerClient container, StorageCalls calls) : ISegmentStore
{
    private const string Folder = "segments/";
    private const string Suffix = ".segment";

    private readonly ConcurrentDictionary<(PartitionId Partition, SegmentName Name), BlockBlobWriter> _writers = new();

    public bool IsRemote => true;

    public async ValueTask<ISegmentWriter> CreateAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var blob = BlobOf(partition, name);
        var writer = new BlockBlobWriter(blob, calls, gone => _writers.TryRemove(new((partition, name), gone)));
        if (!_writers.TryAdd((partition, name), writer))
        {
            throw new IOException($"{blob.Name} is being written.");
        }

        try
        {
            return await ExistsAsync(blob, cancellationToken).ConfigureAwait(false)
                ? throw new IOException($"{blob.Name} exists.")
                : writer;
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
        => await BlobReader.OpenAsync(BlobOf(partition, name), calls, cancellationToken).ConfigureAwait(false);

    public async ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, long lengthBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new BlobReader(BlobOf(partition, name), calls, lengthBytes, isChecked: true);
    }

    public async ValueTask<IReadOnlyList<SegmentName>> ListAsync(
        PartitionId partition, CancellationToken cancellationToken)
    {
        var folder = FolderOf(partition);
        var names = new List<SegmentName>();
        foreach (var item in await ListFolderAsync(folder, cancellationToken).ConfigureAwait(false))
        {
            if (item.IsBlob && item.Blob.Name.EndsWith(Suffix, StringComparison.Ordinal)
                && SegmentName.TryParse(item.Blob.Name[folder.Length..^Suffix.Length], out var name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    public async ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        var partitions = _writers.Keys.Select(key => key.Partition).ToHashSet();
        foreach (var topic in await ListFolderAsync(Folder, cancellationToken).ConfigureAwait(false))
        {
            foreach (var number in await ListFolderAsync(topic.Prefix ?? Folder, cancellationToken)
                .ConfigureAwait(false))
            {
                if (number.IsPrefix && TryParseFolder(number.Prefix, out var partition))
                {
                    partitions.Add(partition);
                }
            }
        }

        return [.. partitions];
    }

    public async ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        var blob = BlobOf(partition, name);
        await calls.RunAsync(
            blob.Name,
            token => blob.DeleteIfExistsAsync(cancellationToken: token),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
    {
        foreach (var (_, writer) in _writers.Where(entry => entry.Key.Partition == partition))
        {
            writer.Refuse();
        }

        foreach (var name in await ListAsync(partition, cancellationToken).ConfigureAwait(false))
        {
            await DeleteAsync(partition, name, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private ValueTask<bool> ExistsAsync(BlobBaseClient blob, CancellationToken cancellationToken)
        => calls.RunAsync(
            blob.Name,
            async token => (await blob.ExistsAsync(token).ConfigureAwait(false)).Value,
            cancellationToken);

    private async ValueTask<List<BlobHierarchyItem>> ListFolderAsync(
        string folder, CancellationToken cancellationToken)
        => await calls.RunAsync(
            folder,
            async token =>
            {
                var items = new List<BlobHierarchyItem>();
                await foreach (var item in container
                    .GetBlobsByHierarchyAsync(delimiter: "/", prefix: folder, cancellationToken: token)
                    .ConfigureAwait(false))
                {
                    items.Add(item);
                }

                return items;
            },
            cancellationToken).ConfigureAwait(false);

    private static bool TryParseFolder(string folder, out PartitionId partition)
    {
        partition = default;
        if (folder.Split('/') is not [_, var topic, var number, ""]
            || !Guid.TryParseExact(topic, "N", out var topicId)
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return false;
        }

        partition = new PartitionId(topicId, index);
        return true;
    }

    private BlockBlobClient BlobOf(PartitionId partition, SegmentName name)
        => container.GetBlockBlobClient($"{FolderOf(partition)}{name}{Suffix}");

    private static string FolderOf(PartitionId partition)
        => $"{Folder}{partition.TopicId:N}/{partition.Partition.ToString(CultureInfo.InvariantCulture)}/";
}
