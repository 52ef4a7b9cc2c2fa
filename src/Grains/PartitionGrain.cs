using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>
/// Hosts one partition: lends it the grain's turn and the grain's life, and decides nothing about records.
/// </summary>
/// <remarks>
/// Reentrant, so that many appends can wait for one flush. That is safe because the partition touches its log only in
/// pieces that run to their end without awaiting. Kept alive, because retention works on open partitions only.
///
/// When the storage fails or the topic is deleted, the store closes the partition; the grain then gives up its
/// activation, and the next call activates it on whatever is open by then. So does one that cannot be opened.
/// </remarks>
[Reentrant, KeepAlive]
[GrainType("partition")]
internal sealed partial class PartitionGrain(StoreSupervisor supervisor, ILogger<PartitionGrain> logger)
    : Grain, IPartitionGrain
{
    private IPartition _partition = null!; // Set by OnActivateAsync, before the first call.
    private LogStore? _store;
    private PartitionHost? _host;
    private Task _watching = Task.CompletedTask;

    private IPartition Partition
    {
        get
        {
            if (_host is null)
            {
                DeactivateOnIdle(); // The next call may find it where this one did not.
            }

            return _partition;
        }
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = PartitionId.Parse(this.GetPrimaryKeyString());
        _partition = await OpenAsync(id, cancellationToken);
        _watching = WatchAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await CloseAsync();
        await _watching;
    }

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
        => Partition.AppendAsync(request, cancellationToken);

    public async ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var reply = await Partition.FetchAsync(request, cancellationToken);

        // A caller, wherever it is, must not hold on to memory of the log: what it gets is its own.
        using var lent = reply.Records;
        return reply with { Records = lent.LengthBytes == 0 ? FetchedRecords.Empty : new([lent.ToArray()], null) };
    }

    public ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
        => Partition.FindOffsetAsync(query, cancellationToken);

    public ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
        => Partition.FindEpochEndAsync(query, cancellationToken);

    public async ValueTask<DeleteRecordsReply> DeleteRecordsAsync(
        long beforeOffset, CancellationToken cancellationToken)
    {
        try
        {
            return await Partition.DeleteRecordsAsync(beforeOffset, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new(StreamError.StorageFailed, -1);
        }
    }

    public ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
        => Partition.GetStatusAsync(cancellationToken);

    private async Task<IPartition> OpenAsync(PartitionId id, CancellationToken cancellationToken)
    {
        _store = supervisor.Current;
        if (_store is null)
        {
            return new RefusingPartition(StreamError.NotHosted, "The storage is being opened anew.");
        }

        try
        {
            _host = await _store.OpenPartitionAsync(id, GrainTurn.OfCurrentGrain(), cancellationToken);
            return _host is null
                ? new RefusingPartition(StreamError.UnknownTopicOrPartition, $"There is no partition {id}.")
                : _host;
        }
        catch (InvalidOperationException e)
        {
            // Another activation has it still, or the store is being closed.
            return new RefusingPartition(StreamError.NotHosted, e.Message);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            LogRefused(id, e.Message);
            return new RefusingPartition(StreamError.StorageFailed, e.Message);
        }
    }

    // An activation can also end without being told, when it takes too long to begin.
    private async Task WatchAsync()
    {
        if (_host is not null)
        {
            await Task.WhenAny(_host.Closed, GrainContext.Deactivated);
            await CloseAsync();
            DeactivateOnIdle();
        }
    }

    private async Task CloseAsync()
    {
        if (_host is { IsOpen: true })
        {
            await _store!.ClosePartitionAsync(_host);
        }
    }

    [LoggerMessage(3001, LogLevel.Error, "Partition {Partition} is refused: {Reason}")]
    private partial void LogRefused(PartitionId partition, string reason);
}
