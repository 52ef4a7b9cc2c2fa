using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Hosting.Coordination;

/// <summary>Coordinates the groups that one partition holds.</summary>
/// <remarks>
/// One loop owns them: it takes all calls that are there, has them change memory, stores what they changed as one
/// batch, and answers. So nobody is told what is not durable, and what comes while a batch is being flushed shares the
/// next. When a batch fails, memory may be ahead of the log: it is thrown away, whoever waits is refused with
/// <see cref="StreamError.NotHosted"/>, and the next call has the log read anew. Thread-safe.
/// </remarks>
public sealed partial class GroupCoordinator : IGroupCoordinator, IAsyncDisposable
{
    // More is left for the next batch; a single call may exceed it.
    private const int MaxBatchBytes = 1 << 20;

    // Fewer dead records are not worth the rewriting.
    private const int MinDeadRecords = 1_000;

    private static readonly GroupWakeUp WakeUp = new();

    private readonly PartitionId _id;
    private readonly IPartition _partition;
    private readonly ITopicCatalog _topics;
    private readonly GroupOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private readonly Channel<GroupCall> _calls;
    private readonly HashSet<GroupCall> _waiting = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private readonly Task _loop;
    private (GroupPartition Groups, GroupLog Log)? _loaded;
    private long _rewriteAt; // How many records there may be before it is counted how many of them are alive.

    /// <param name="partition">Kept for good: it may fail and come back.</param>
    internal GroupCoordinator(
        PartitionId id, IPartition partition, ITopicCatalog topics, GroupOptions options, TimeProvider time,
        ILogger logger)
    {
        _id = id;
        _partition = partition;
        _topics = topics;
        _options = options;
        _time = time;
        _logger = logger;
        _startedAt = time.GetTimestamp();
        _calls = Channel.CreateBounded<GroupCall>(
            new BoundedChannelOptions(options.MaxQueuedCalls) { SingleReader = true });
        _timer = time.CreateTimer(
            _ => _calls.Writer.TryWrite(WakeUp), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop = RunLoopAsync();
    }

    public ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
        => CallAsync<JoinGroupReply>(
            (call, groups, now) => groups.Join(call, request, Guid.NewGuid(), now),
            error => JoinGroupReply.Refused(error, request.MemberId),
            cancellationToken);

    public ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => CallAsync<SyncGroupReply>(
            (call, groups, now) => groups.Sync(call, request, now), SyncGroupReply.Refused, cancellationToken);

    public ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => AskAsync((groups, now) => groups.Heartbeat(member, now), error => error, cancellationToken);

    public ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => AskAsync((groups, now) => groups.Leave(request, now), error => new(error, []), cancellationToken);

    public ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => AskAsync((groups, now) => groups.Commit(request, now), error => new(error, []), cancellationToken);

    public ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => AskAsync((groups, _) => groups.Fetch(request), error => new(error, []), cancellationToken);

    public ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => AskAsync((groups, _) => groups.DeleteOffsets(request), error => new(error, []), cancellationToken);

    public ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => AskAsync((groups, _) => groups.Delete(groupId), error => error, cancellationToken);

    public ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => AskAsync(
            (groups, _) => groups.Describe(groupId),
            error => GroupDescription.Refused(error, groupId),
            cancellationToken);

    public ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken)
        => AskAsync((groups, _) => groups.List(), error => new(error, []), cancellationToken);

    /// <summary>
    /// Finishes what has been asked for so far and refuses who still waits. A second call does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!_calls.Writer.TryComplete())
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private ValueTask<TReply> AskAsync<TReply>(
        Func<GroupPartition, Moment, TReply> ask, Func<StreamError, TReply> refuse, CancellationToken cancellationToken)
        => CallAsync<TReply>(
            (call, groups, now) => groups.Outbox.Answer(call, ask(groups, now)), refuse, cancellationToken);

    private async ValueTask<TReply> CallAsync<TReply>(
        Action<GroupCall<TReply>, GroupPartition, Moment> run,
        Func<StreamError, TReply> refuse,
        CancellationToken cancellationToken)
    {
        var call = new GroupCall<TReply>(run, refuse);
        try
        {
            await _calls.Writer.WriteAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return refuse(StreamError.NotHosted);
        }

        return await call.Answered.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunLoopAsync()
    {
        while (await _calls.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            try
            {
                await WorkAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever it was, memory may differ from the log, which is to be read anew.
                LogDiscarded(_logger, e, _id);
                _loaded = null;
                RefuseAll();
            }
        }

        RefuseAll();
    }

    private async Task WorkAsync()
    {
        var (groups, log) = _loaded ??= await LoadAsync().ConfigureAwait(false);
        if (groups.Advance(Now()))
        {
            groups.Expire(await ListTopicsAsync().ConfigureAwait(false), Now());
        }

        var now = Now();
        while (groups.Outbox.RecordBytes < MaxBatchBytes && _calls.Reader.TryRead(out var call))
        {
            call.Run(groups, now, _waiting);
        }

        await log.AppendAsync(groups.Outbox.Records).ConfigureAwait(false);
        groups.Outbox.Release();
        await RewriteIfWorthAsync(groups, log).ConfigureAwait(false);
        WakeUpAt(groups.NextCheck);
    }

    private async Task<(GroupPartition Groups, GroupLog Log)> LoadAsync()
    {
        var groups = new GroupPartition(_options);
        var log = new GroupLog(_partition, _time);
        await log.LoadAsync(groups, _stopping.Token).ConfigureAwait(false);
        groups.Start(Now());
        _rewriteAt = 0;
        return (groups, log);
    }

    private async Task<HashSet<Guid>> ListTopicsAsync()
    {
        var topics = await _topics.ListAsync(_stopping.Token).ConfigureAwait(false);
        var ids = topics.Select(topic => topic.Id).ToHashSet();
        return ids.Contains(_id.TopicId)
            ? ids
            : throw new IOException("The catalog, which does not know this topic, is not complete.");
    }

    private async Task RewriteIfWorthAsync(GroupPartition groups, GroupLog log)
    {
        if (log.RecordCount < _rewriteAt)
        {
            return;
        }

        var alive = groups.RecordCount;
        var worthAt = alive + Math.Max(alive, MinDeadRecords) + 1;
        if (log.RecordCount >= worthAt)
        {
            await log.RewriteAsync(groups.ToRecords()).ConfigureAwait(false);
        }

        _rewriteAt = worthAt;
    }

    private void WakeUpAt(TimeSpan elapsed)
    {
        var delay = elapsed - Now().Elapsed;
        _timer.Change(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void RefuseAll()
    {
        while (_calls.Reader.TryRead(out var call))
        {
            call.Refuse(StreamError.NotHosted);
        }

        foreach (var call in _waiting.ToArray())
        {
            call.Refuse(StreamError.NotHosted);
        }
    }

    private Moment Now() => new(_time.GetElapsedTime(_startedAt), _time.GetUtcNow().ToUnixTimeMilliseconds());

    [LoggerMessage(2016, LogLevel.Warning, "The groups in {Partition} have to be loaded anew.")]
    private static partial void LogDiscarded(ILogger logger, Exception exception, PartitionId partition);
}
