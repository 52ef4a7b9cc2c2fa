using Microsoft.Extensions.Logging;
using OrleansStream.Client.Connections;
using OrleansStream.Client.Groups;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Consuming;

/// <summary>
/// Keeps the reader supplied: one request at a time to every leader, for all of its partitions with room.
/// </summary>
/// <remarks>
/// One loop decides what is to be done; what it starts, a fetch of each leader and the search for positions, pulses it
/// when it ends. What fails for a passing reason is tried again, and anything else ends the reading.
/// </remarks>
internal sealed partial class Fetcher : IAsyncDisposable
{
    // When something is left out of a request because enough of it is fetched already, the next request is soon to
    // come.
    private const int ShortWaitMs = 10;

    private readonly ClientLink _link;
    private readonly ConsumerOptions _options;
    private readonly AssignedPartitions _assigned;
    private readonly GroupOffsets? _offsets;
    private readonly ILogger _logger;
    private readonly Action<Exception> _fail;
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _preparingAgain;
    private readonly Dictionary<int, Work> _fetches = [];
    private readonly Task _running;
    private Work? _preparing;

    /// <param name="offsets">Null without a group.</param>
    /// <param name="fail">Told what ends the reading.</param>
    public Fetcher(
        ClientLink link,
        ConsumerOptions options,
        AssignedPartitions assigned,
        GroupOffsets? offsets,
        Action<Exception> fail)
    {
        _link = link;
        _options = options;
        _assigned = assigned;
        _offsets = offsets;
        _fail = fail;
        _preparingAgain = new Backoff(link.Options, link.Time);
        _logger = link.Loggers.CreateLogger<Consumer>();
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_fetches.Values.Append(_preparing).Select(work => work?.Task ?? Task.CompletedTask))
            .ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await _assigned.FetcherPulse.WaitAsync(_stop.Token).ConfigureAwait(false);
            if ((_preparing is null || _preparing.IsDone) && NeedsPreparation())
            {
                _preparing = Begin(PrepareAsync);
            }

            StartFetches();
        }
    }

    private bool NeedsPreparation()
        => _assigned.Unpositioned().Count > 0
            || _assigned.Partitions.Any(partition => FindLeader(partition) == IBrokers.AnyNode);

    private void StartFetches()
    {
        var plan = _assigned.Plan(out var hasSkipped);
        foreach (var leader in plan.GroupBy(planned => FindLeader(planned.Cursor.Partition)))
        {
            PlannedFetch[] fetches = [.. leader];
            var isBusy = _fetches.TryGetValue(leader.Key, out var previous) && !previous.IsDone;
            if (leader.Key == IBrokers.AnyNode || isBusy)
            {
                GiveUp(fetches);
            }
            else
            {
                var waitMs = hasSkipped ? ShortWaitMs : (int)_options.FetchWait.TotalMilliseconds;
                _fetches[leader.Key] = Begin(() => FetchAsync(leader.Key, fetches, waitMs));
            }
        }
    }

    private int FindLeader(TopicPartition partition)
        => _link.Topics.Find(partition.Topic) is { } topic && partition.Partition < topic.PartitionCount
            ? topic.Leaders[partition.Partition]
            : IBrokers.AnyNode;

    private void GiveUp(PlannedFetch[] fetches)
    {
        foreach (var planned in fetches)
        {
            _assigned.NotFetched(planned, isOutOfRange: false);
        }
    }

    private Work Begin(Func<Task> action)
    {
        var work = new Work();
        work.Task = GuardAsync(action, work);
        return work;
    }

    /// <summary>Runs a piece of work to its end, after which the loop looks again what is to be done.</summary>
    private async Task GuardAsync(Func<Task> action, Work work)
    {
        await Task.Yield();
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (StreamException e) when (e.IsTransient)
        {
            LogRetrying(e.Message);
            await Task.Delay(_link.Options.RetryDelay, _link.Time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The consumer is being disposed.
        }
        catch (Exception e)
        {
            // The reading ends here; the reader is told.
            _fail(e);
        }

        work.IsDone = true;
        _assigned.FetcherPulse.Set();
    }

    /// <summary>Learns who leads what is assigned, and where reading begins.</summary>
    private async Task PrepareAsync()
    {
        var absent = new HashSet<TopicPartition>();
        StreamException? failure = null;
        foreach (var topic in _assigned.Partitions.GroupBy(partition => partition.Topic))
        {
            try
            {
                await LearnAsync(topic).ConfigureAwait(false);
            }
            catch (StreamException e) when (e.Error == ErrorCode.UnknownTopicOrPartition || e.Error.MeansMoved())
            {
                // The others are read meanwhile.
                absent.UnionWith(topic);
                failure = e;
            }
        }

        await PositionAsync([.. _assigned.Unpositioned().Where(entry => !absent.Contains(entry.Partition))])
            .ConfigureAwait(false);
        if (failure is not null)
        {
            await _preparingAgain.WaitAsync(_stop.Token).ConfigureAwait(false);
            throw new StreamException(failure.Error, failure.Message, failure);
        }

        _preparingAgain.Reset();
    }

    private async Task LearnAsync(IGrouping<string, TopicPartition> partitions)
    {
        var topic = await _link.Topics.GetAsync(partitions.Key, _stop.Token).ConfigureAwait(false);
        foreach (var partition in partitions)
        {
            if (FindLeader(partition) == IBrokers.AnyNode)
            {
                _link.Topics.Forget(topic.Name);
                topic.LeaderOf(partition.Partition);
            }

            if (_assigned.TryBeginAnew(partition, topic.Id))
            {
                LogTopicReplaced(partition);
            }
        }
    }

    private async Task PositionAsync(List<(TopicPartition Partition, int Version, OffsetPoint? Point)> unpositioned)
    {
        var committed = await FindCommittedAsync(unpositioned).ConfigureAwait(false);
        var points = new Dictionary<TopicPartition, long>();
        foreach (var (partition, version, point) in unpositioned)
        {
            if (point is null && committed.TryGetValue(partition, out var offset))
            {
                _assigned.Position(partition, version, offset);
            }
            else
            {
                points[partition] = (point ?? StartPoint(partition)).Time;
            }
        }

        var found = await OffsetLookup.FindAsync(_link, points, _stop.Token).ConfigureAwait(false);
        foreach (var (partition, offset) in found)
        {
            var version = unpositioned.First(entry => entry.Partition == partition).Version;
            _assigned.Position(partition, version, offset);
        }
    }

    private async Task<Dictionary<TopicPartition, long>> FindCommittedAsync(
        List<(TopicPartition Partition, int Version, OffsetPoint? Point)> unpositioned)
    {
        TopicPartition[] wanted =
            [.. unpositioned.Where(entry => entry.Point is null).Select(entry => entry.Partition)];
        return _offsets is null || wanted is []
            ? []
            : await _offsets.FetchAsync(wanted, _stop.Token).ConfigureAwait(false);
    }

    private OffsetPoint StartPoint(TopicPartition partition) => _options.StartPosition switch
    {
        StartPosition.Earliest => OffsetPoint.Earliest,
        StartPosition.Latest => OffsetPoint.Latest,
        _ => throw new StreamException(
            ErrorCode.OffsetOutOfRange, $"Nothing says where to read {partition}, and there is no start position."),
    };

    private async Task FetchAsync(int leader, PlannedFetch[] fetches, int waitMs)
    {
        Reply<FetchResponse> reply;
        try
        {
            var timeout = _link.Options.RequestTimeout + TimeSpan.FromMilliseconds(waitMs);
            reply = await _link.Brokers.SendAsync(
                leader, Lane.Data, CreateRequest(fetches, waitMs), timeout, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            GiveUp(fetches);
            if (e is StreamException)
            {
                Forget(fetches);
            }

            throw;
        }

        var partitions = reply.Message.Topics.SelectMany(
            topic => topic.Partitions, (topic, fetched) => (new TopicPartition(topic.Name, fetched.Index), fetched));
        var answers = partitions.ToDictionary(entry => entry.Item1, entry => entry.fetched);
        var memory = new SharedMemory(reply.Memory, answers.Count + 1);
        var refusal = ErrorCode.None;
        foreach (var planned in fetches)
        {
            var error = answers.TryGetValue(planned.Cursor.Partition, out var fetched)
                ? fetched.Error
                : ErrorCode.UnknownServerError;
            if (error == ErrorCode.None)
            {
                Telemetry.Fetched(planned.Cursor.Partition.Topic, fetched.Records.LengthBytes);
                _assigned.Fetched(planned, fetched.Records, memory, fetched.HighWatermark);
                continue;
            }

            refusal = error == ErrorCode.OffsetOutOfRange ? refusal : error;
            CheckOutOfRange(planned, error);
            _assigned.NotFetched(planned, error == ErrorCode.OffsetOutOfRange);
            fetched.Records?.Dispose();
            memory.Release();
        }

        memory.Release();
        if (refusal != ErrorCode.None)
        {
            Forget(fetches);
            StreamException.ThrowIf(refusal, $"Fetching from node {leader}");
        }
    }

    private void CheckOutOfRange(in PlannedFetch planned, ErrorCode error)
    {
        if (error == ErrorCode.OffsetOutOfRange)
        {
            LogOutOfRange(planned.Cursor.Partition, planned.Offset);
            if (_options.StartPosition == StartPosition.Nowhere)
            {
                _fail(new StreamException(
                    error, $"{planned.Cursor.Partition} has no offset {planned.Offset}, and no start position."));
            }
        }
    }

    private void Forget(PlannedFetch[] fetches)
    {
        foreach (var planned in fetches)
        {
            _link.Topics.Forget(planned.Cursor.Partition.Topic);
        }
    }

    private FetchRequest CreateRequest(PlannedFetch[] fetches, int waitMs)
    {
        var topics = fetches.GroupBy(planned => planned.Cursor.Partition.Topic).Select(topic => new FetchTopic(
            topic.Key,
            Id: default,
            [.. topic.Select(planned => new FetchPartition(
                planned.Cursor.Partition.Partition, -1, planned.Offset, -1, -1, _options.FetchPartitionBytes))]));
        return new FetchRequest(
            ReplicaId: -1,
            waitMs,
            _options.FetchMinBytes,
            _options.FetchBytes,
            IsolationLevel: 0,
            SessionId: 0,
            SessionEpoch: -1,
            [.. topics],
            ForgottenTopics: [],
            RackId: "");
    }

    /// <summary>Something that was begun. It is done before the loop is pulsed; its task ends a moment later.</summary>
    private sealed class Work
    {
        private volatile bool _isDone;

        public Task Task { get; set; } = Task.CompletedTask;

        public bool IsDone
        {
            get => _isDone;
            set => _isDone = value;
        }
    }

    [LoggerMessage(5201, LogLevel.Debug, "Reading is delayed: {Reason}")]
    private partial void LogRetrying(string reason);

    [LoggerMessage(5203, LogLevel.Warning, "{Partition} belongs to a new topic of that name: begins anew.")]
    private partial void LogTopicReplaced(TopicPartition partition);

    [LoggerMessage(5202, LogLevel.Warning, "{Partition} has no offset {Offset} any more, or not yet.")]
    private partial void LogOutOfRange(TopicPartition partition, long offset);
}
