using System.Collections.Concurrent;
using System.Globalization;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Keeps segments as files, a directory per partition.</summary>
internal sealed class LocalSegmentStore(string directory, FileRemover remover) : ISegmentStore
{
    private const string SegmentSuffix = ".segment";
    private const string TemporarySuffix = ".tmp";

    // The temporary files of live writers, and those being swept: whoever adds a path owns it.
    private readonly ConcurrentDictionary<string, bool> _claimed = new(StringComparer.Ordinal);

    // The partitions whose directory entries this process has synced.
    private readonly ConcurrentDictionary<PartitionId, bool> _synced = new();

    public async ValueTask<ISegmentWriter> CreateAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var temporaryPath = PathOf(partition, name) + TemporarySuffix;
        if (!_claimed.TryAdd(temporaryPath, true))
        {
            throw new IOException($"{temporaryPath} is being written.");
        }

        try
        {
            return OpenWriter(partition, name, temporaryPath);
        }
        catch
        {
            Release(temporaryPath);
            throw;
        }
    }

    public async ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return LocalReader.Open(PathOf(partition, name));
    }

    public async ValueTask<IReadOnlyList<SegmentName>> ListAsync(
        PartitionId partition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var names = new List<SegmentName>();
        foreach (var file in LocalDirectory.FileNames(DirectoryOf(partition), SegmentSuffix))
        {
            if (SegmentName.TryParse(file, out var name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    public async ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var partitions = new List<PartitionId>();
        foreach (var topic in LocalDirectory.DirectoryNames(directory))
        {
            foreach (var number in LocalDirectory.DirectoryNames(Path.Combine(directory, topic)))
            {
                if (Guid.TryParseExact(topic, "N", out var topicId)
                    && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
                {
                    partitions.Add(new PartitionId(topicId, partition));
                }
            }
        }

        return partitions;
    }

    public async ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        remover.Delete(PathOf(partition, name));
    }

    public async ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = DirectoryOf(partition);
        _synced.TryRemove(partition, out _);
        foreach (var file in LocalDirectory.FileNames(path, suffix: ""))
        {
            remover.Delete(Path.Combine(path, file));
        }

        LocalDirectory.Delete(path);
        LocalDirectory.TryDeleteEmpty(Path.GetDirectoryName(path)!);
    }

    public async ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var file in LocalDirectory.FileNames(DirectoryOf(partition), TemporarySuffix))
        {
            var path = Path.Combine(DirectoryOf(partition), file + TemporarySuffix);
            if (!_claimed.TryAdd(path, true))
            {
                continue;
            }

            try
            {
                remover.Delete(path);
            }
            finally
            {
                Release(path);
            }
        }
    }

    /// <summary>Gives a finished and synced temporary file its name, durably.</summary>
    internal void Publish(PartitionId partition, SegmentName name, string temporaryPath)
    {
        var path = DirectoryOf(partition);
        LocalFile.Rename(temporaryPath, PathOf(partition, name));
        DiskSync.Directory(path);
        if (!_synced.ContainsKey(partition))
        {
            var topicPath = Path.GetDirectoryName(path)!;
            DiskSync.Directory(topicPath);
            DiskSync.Directory(directory);
            _synced.TryAdd(partition, true);
        }
    }

    /// <summary>Ends a writer's claim on its temporary file.</summary>
    internal void Release(string temporaryPath) => _claimed.TryRemove(temporaryPath, out _);

    private LocalSegmentWriter OpenWriter(PartitionId partition, SegmentName name, string temporaryPath)
    {
        var path = PathOf(partition, name);
        if (File.Exists(path))
        {
            throw new IOException($"{path} exists.");
        }

        LocalDirectory.Create(DirectoryOf(partition));
        var file = LocalFile.Open(temporaryPath, FileMode.Create, FileAccess.Write);
        return new LocalSegmentWriter(this, partition, name, file, temporaryPath);
    }

    private string PathOf(PartitionId partition, SegmentName name)
        => Path.Combine(DirectoryOf(partition), name + SegmentSuffix);

    private string DirectoryOf(PartitionId partition)
        => Path.Combine(
            directory, partition.TopicId.ToString("N"), partition.Partition.ToString(CultureInfo.InvariantCulture));
}
