using Microsoft.Extensions.Logging;
using OrleansStream.Client.Connections;
using OrleansStream.Client.Consuming;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Groups;

/// <summary>What a membership asks of its consumer.</summary>
/// <param name="CommitSettled">Commits what the reader has left behind, if that is not done by hand.</param>
/// <param name="Fail">Told what ends the reading.</param>
internal sealed record MembershipHost(Func<CancellationToken, Task> CommitSettled, Action<Exception> Fail);

/// <summary>
/// Keeps a consumer in its group: joins, applies what it is assigned, says that it is alive, joins again.
/// </summary>
/// <remarks>
/// One loop does all of it, one step after the other. Before partitions are given up the reader hands back what it has,
/// and what it left behind is committed; heartbeats go on meanwhile.
/// </remarks>
internal sealed partial class Membership : IDisposable
{
    private readonly ConsumerOptions _options;
    private readonly AssignedPartitions _assigned;
    private readonly MembershipHost _host;
    private readonly TimeProvider _time;
    private readonly GroupCalls _calls;
    private readonly Backoff _backoff;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long? _lastInHand;
    private long _inHandSince;

    public Membership(
        ClientLink link,
        ConsumerOptions options,
        IReadOnlyList<string> topics,
        Coordinator coordinator,
        AssignedPartitions assigned,
        MembershipHost host)
    {
        _options = options;
        _assigned = assigned;
        _host = host;
        _time = link.Time;
        _calls = new GroupCalls(link, options, topics, coordinator);
        _backoff = new Backoff(link.Options, link.Time);
        _logger = link.Loggers.CreateLogger<Consumer>();
        _running = RunAsync();
    }

    /// <summary>As whom to commit now.</summary>
    public Committer Committer => _calls.Committer;

    public void CommitFailed(Exception failure) => LogCommitFailed(_options.GroupId!, failure.Message);

    /// <summary>Whether what a rebalance interrupts goes on after it, because this member takes part.</summary>
    public bool IsActive => !_running.IsCompleted;

    /// <summary>Ends the membership, and tells the group as long as it answers in time.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        try
        {
            if (_options.Revoked is { } revoked && _assigned.Partitions is { Count: > 0 } partitions)
            {
                await revoked(partitions, cancellationToken).ConfigureAwait(false);
            }

            await _calls.LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StreamException or OperationCanceledException)
        {
            LogLeftSilently(_options.GroupId!, e.Message);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LiveOneGenerationAsync().ConfigureAwait(false);
                _backoff.Reset();
            }
            catch (StreamException e) when (e.IsTransient || e.Error == ErrorCode.RebalanceInProgress)
            {
                LogDelayed(_options.GroupId!, e.Message);
                await _backoff.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The consumer is being disposed.
            }
            catch (Exception e)
            {
                // Nothing will change by itself; the reader is told.
                _assigned.Assign([]);
                _host.Fail(e);
                return;
            }
        }
    }

    private async Task LiveOneGenerationAsync()
    {
        try
        {
            await JoinAndStayAsync().ConfigureAwait(false);
        }
        catch (StreamException e) when (e.Error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration)
        {
            LogLost(_options.GroupId!, e.Message);
            await LoseAsync(e.Error == ErrorCode.UnknownMemberId).ConfigureAwait(false);
        }
    }

    private async Task JoinAndStayAsync()
    {
        if (!_calls.IsCooperative)
        {
            await RevokeAsync(_assigned.Partitions, []).ConfigureAwait(false);
        }

        var next = await _calls.JoinAsync(_assigned.Partitions, _stop.Token).ConfigureAwait(false);
        Telemetry.Rebalanced(_options.GroupId!);
        LogJoined(_options.GroupId!, _calls.Committer.Generation, next.Length);
        TopicPartition[] revoked = [.. _assigned.Partitions.Except(next)];
        await RevokeAsync(revoked, [.. _assigned.Partitions.Intersect(next)]).ConfigureAwait(false);
        TopicPartition[] added = [.. next.Except(_assigned.Partitions)];
        if (_options.Assigned is { } assigned && added.Length > 0)
        {
            await assigned(added, _stop.Token).ConfigureAwait(false);
        }

        _assigned.Assign(next);

        // What was given up can be given to others as soon as everybody has joined again.
        while (revoked.Length == 0 && await _calls.StayAsync(_stop.Token).ConfigureAwait(false))
        {
            if (IsStuck())
            {
                await StepAsideAsync().ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>Whether the reader has had the same record in hand for longer than others should wait.</summary>
    private bool IsStuck()
    {
        var inHand = _assigned.InHand;
        if (inHand is null || inHand != _lastInHand)
        {
            (_lastInHand, _inHandSince) = (inHand, _time.GetTimestamp());
        }

        return inHand is not null && _time.GetElapsedTime(_inHandSince) >= _options.RebalanceTimeout;
    }

    // Others go on with the partitions; this member is back when its reader is.
    private async Task StepAsideAsync()
    {
        LogTooSlow(_options.GroupId!, _options.RebalanceTimeout);
        await _calls.LeaveAsync(_stop.Token).ConfigureAwait(false);
        await LoseAsync(isUnknown: true).ConfigureAwait(false);
        await _assigned.HoldBackAsync().WaitAsync(_stop.Token).ConfigureAwait(false);
        _assigned.GoOn();
    }

    private async Task RevokeAsync(IReadOnlyList<TopicPartition> revoked, IReadOnlyList<TopicPartition> kept)
    {
        if (revoked.Count == 0)
        {
            return;
        }

        try
        {
            await KeepAliveAsync(RevokeHandedBackAsync(revoked)).ConfigureAwait(false);
        }
        finally
        {
            _assigned.Assign(kept);
            _assigned.GoOn();
        }
    }

    private async Task RevokeHandedBackAsync(IReadOnlyList<TopicPartition> revoked)
    {
        try
        {
            await _assigned.HoldBackAsync().WaitAsync(_options.RebalanceTimeout, _time, _stop.Token)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogTooSlow(_options.GroupId!, _options.RebalanceTimeout);
        }

        await _host.CommitSettled(_stop.Token).ConfigureAwait(false);
        if (_options.Revoked is { } callback)
        {
            await callback(revoked, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Says that the member is alive, until something that may take longer has ended.</summary>
    private async Task KeepAliveAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var pause = Task.Delay(_options.HeartbeatInterval, _time, ended.Token);
            if (await Task.WhenAny(work, pause).ConfigureAwait(false) == pause)
            {
                await ((Task)_calls.BeatAsync(_stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await ended.CancelAsync().ConfigureAwait(false);
        }

        await work.ConfigureAwait(false);
    }

    // Others may read the partitions already, so there is nothing left to commit.
    private async Task LoseAsync(bool isUnknown)
    {
        _calls.ForgetMember(isUnknown);
        var lost = _assigned.Partitions;
        _assigned.Assign([]);
        if (_options.Lost is { } callback && lost.Count > 0)
        {
            await callback(lost, _stop.Token).ConfigureAwait(false);
        }
    }

    [LoggerMessage(5301, LogLevel.Information, "Joined {Group}: generation {Generation}, {Count} partitions.")]
    private partial void LogJoined(string group, int generation, int count);

    [LoggerMessage(5302, LogLevel.Warning, "{Group} has gone on without this member: {Reason}")]
    private partial void LogLost(string group, string reason);

    [LoggerMessage(5303, LogLevel.Debug, "Joining {Group} is delayed: {Reason}")]
    private partial void LogDelayed(string group, string reason);

    [LoggerMessage(5304, LogLevel.Warning, "A record of {Group} is in hand for longer than {Timeout}.")]
    private partial void LogTooSlow(string group, TimeSpan timeout);

    [LoggerMessage(5305, LogLevel.Warning, "Offsets of {Group} could not be committed: {Reason}")]
    private partial void LogCommitFailed(string group, string reason);

    [LoggerMessage(5306, LogLevel.Information, "{Group} has to find out by itself that a member left: {Reason}")]
    private partial void LogLeftSilently(string group, string reason);
}
