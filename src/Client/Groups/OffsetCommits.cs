using OrleansStream.Client.Connections;
using OrleansStream.Client.Consuming;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Groups;

/// <summary>
/// Commits how far a consumer has read: when it says so, at the interval, before partitions are given up, at the end.
/// </summary>
internal sealed class OffsetCommits : IAsyncDisposable
{
    private readonly ClientLink _link;
    private readonly ConsumerOptions _options;
    private readonly AssignedPartitions _assigned;
    private readonly GroupOffsets _offsets;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _committing;
    private volatile Membership? _membership;

    public OffsetCommits(
        ClientLink link, ConsumerOptions options, AssignedPartitions assigned, GroupOffsets offsets)
    {
        _link = link;
        _options = options;
        _assigned = assigned;
        _offsets = offsets;
        _committing = CommitRegularlyAsync();
    }

    /// <summary>Null as long as partitions are assigned by hand.</summary>
    public Membership? Membership
    {
        get => _membership;
        set => _membership = value;
    }

    /// <summary>Commits everything handed out so far, what is in hand included.</summary>
    /// <exception cref="StreamException">Others read some of it now.</exception>
    public Task CommitInHandAsync(CancellationToken cancellationToken) => _assigned.IsInHandLost
        ? Task.FromException(PartitionsLost())
        : CommitAsync(_assigned.Positions(includesInHand: true), cancellationToken);

    /// <exception cref="StreamException">Others read some of the partitions now.</exception>
    public async Task CommitAsync(
        IReadOnlyCollection<TopicPartitionOffset> offsets, CancellationToken cancellationToken)
    {
        if (!await CommitOwnAsync(offsets, cancellationToken).ConfigureAwait(false))
        {
            throw PartitionsLost();
        }
    }

    /// <summary>Commits what was left behind, unless that is done by hand.</summary>
    /// <remarks>One that fails is repeated by the next; what went to others is theirs.</remarks>
    public async Task CommitSettledAsync(CancellationToken cancellationToken)
    {
        if (_options.CommitInterval is null)
        {
            return;
        }

        try
        {
            var positions = _assigned.Positions(includesInHand: false);
            await CommitOwnAsync(positions, cancellationToken).ConfigureAwait(false);
        }
        catch (StreamException e)
        {
            Membership?.CommitFailed(e);
        }
    }

    /// <summary>
    /// Commits a last time. While the group rebalances it takes no commits, and it is done with that only as long as
    /// the member joins in: so the membership ends after this.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _committing.ConfigureAwait(false);
        using var closing = new CancellationTokenSource(_options.CloseTimeout, _link.Time);
        try
        {
            await CommitSettledAsync(closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            Membership?.CommitFailed(e);
        }

        _stop.Dispose();
    }

    private static StreamException PartitionsLost() => new(
        ErrorCode.IllegalGeneration, "Others read these partitions now, from where they were committed before.");

    private async Task CommitRegularlyAsync()
    {
        if (_options.CommitInterval is not { } interval)
        {
            return;
        }

        using var timer = new PeriodicTimer(interval, _link.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await CommitSettledAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end has come, with a last commit of its own.
        }
    }

    /// <summary>Commits those offsets whose partitions are this member's.</summary>
    /// <returns>Whether all are.</returns>
    private async Task<bool> CommitOwnAsync(
        IReadOnlyCollection<TopicPartitionOffset> wanted, CancellationToken cancellationToken)
    {
        var membership = Membership;

        // While the group rebalances a commit waits for the next generation, in which not all may be this member's.
        var own = await _link.RetryAsync(
            async () =>
            {
                var assigned = _assigned.Partitions.ToHashSet();
                TopicPartitionOffset[] own = membership is null
                    ? [.. wanted]
                    : [.. wanted.Where(offset => assigned.Contains(offset.Partition))];
                if (own.Length > 0)
                {
                    await _offsets.CommitAsync(membership?.Committer ?? Committer.Nobody, own, cancellationToken)
                        .ConfigureAwait(false);
                }

                return own;
            },
            cancellationToken,
            alsoPasses: membership is { IsActive: false } ? ErrorCode.None : ErrorCode.RebalanceInProgress)
            .ConfigureAwait(false);
        _assigned.Committed(own);
        return own.Length == wanted.Count;
    }
}
