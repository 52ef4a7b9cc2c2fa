using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;

namespace OrleansStream.Embedded;

/// <summary>A partition as its callers hold it: stays valid while the storage behind it is opened anew.</summary>
internal sealed class LocalPartition(LocalCluster cluster, PartitionId id) : IPartition
{
    private readonly Lock _lock = new();
    private volatile PartitionHost? _host;
    private Task _lastBegun = Task.CompletedTask; // Under the lock.
    private int _waitingCount;

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
        => _host is { IsOpen: true } host && Volatile.Read(ref _waitingCount) == 0
            ? host.AppendAsync(request, cancellationToken)
            : AppendInOrderAsync(request, cancellationToken);

    public async ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var (host, error, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return host is null
            ? FetchReply.Refused(error)
            : await host.FetchAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
    {
        var (host, error, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return host is null
            ? new(error, -1, -1, -1)
            : await host.FindOffsetAsync(query, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
    {
        var (host, error, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return host is null
            ? new(error, -1, -1)
            : await host.FindEpochEndAsync(query, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<DeleteRecordsReply> DeleteRecordsAsync(
        long beforeOffset, CancellationToken cancellationToken)
    {
        var (host, error, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return host is null
                ? new(error, -1)
                : await host.DeleteRecordsAsync(beforeOffset, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new(StreamError.StorageFailed, -1);
        }
    }

    public async ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var (host, error, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return host is null
            ? new(error, -1, -1, -1, -1, -1)
            : await host.GetStatusAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The partition's epoch; -1 while it cannot be opened.</summary>
    public async ValueTask<int> GetLeaderEpochAsync(CancellationToken cancellationToken)
    {
        var (host, _, _) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return host?.LeaderEpoch ?? -1;
    }

    // While the partition is being opened appends queue here: a producer's batches must not overtake each other.
    private async ValueTask<AppendReply> AppendInOrderAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            (before, _lastBegun) = (_lastBegun, begun.Task);
        }

        Interlocked.Increment(ref _waitingCount);
        Task<AppendReply> append;
        try
        {
            await before.ConfigureAwait(false);
            var (host, error, message) = await ResolveAsync(cancellationToken).ConfigureAwait(false);
            append = host is null
                ? Task.FromResult(AppendReply.Refused(error, message))
                : host.AppendAsync(request, cancellationToken).AsTask();
        }
        finally
        {
            Interlocked.Decrement(ref _waitingCount);
            begun.SetResult();
        }

        return await append.ConfigureAwait(false);
    }

    private async ValueTask<Resolved> ResolveAsync(CancellationToken cancellationToken)
    {
        if (_host is { IsOpen: true } open)
        {
            return new(open, StreamError.None, null);
        }

        if (cluster.Opened is not { } opened)
        {
            return new(null, StreamError.NotHosted, "The storage is being opened anew.");
        }

        try
        {
            _host = await opened.OpenPartitionAsync(id, cancellationToken).ConfigureAwait(false);
            return _host is null
                ? new(null, StreamError.UnknownTopicOrPartition, $"There is no partition {id}.")
                : new(_host, StreamError.None, null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            return new(null, StreamError.StorageFailed, e.Message);
        }
    }

    private readonly record struct Resolved(PartitionHost? Host, StreamError Error, string? Message);
}
