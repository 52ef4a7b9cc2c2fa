using System.Runtime.CompilerServices;
using OrleansStream.Client.Connections;
using OrleansStream.Client.Consuming;
using OrleansStream.Client.Groups;
using OrleansStream.Client.Serialization;

namespace OrleansStream.Client;

/// <summary>
/// Reads records of partitions that it is given by hand, or that its group divides among its members.
/// </summary>
/// <remarks>
/// One reader at a time; everything else may be called from anywhere. A record counts as read when the reader asks for
/// the next one: only then is it committed at the interval, and until then no partition is taken away. So nothing is
/// lost, and what is handed out again after a crash is at most what was read since the last commit.
/// </remarks>
public sealed class Consumer : IAsyncDisposable
{
    private readonly ClientLink _link;
    private readonly ConsumerOptions _options;
    private readonly AssignedPartitions _assigned;
    private readonly Coordinator? _coordinator;
    private readonly OffsetCommits? _commits;
    private readonly Fetcher _fetcher;
    private readonly Lock _gate = new();
    private Membership? _membership;
    private Exception? _failure;
    private int _isDisposed;

    internal Consumer(ClientLink link, ConsumerOptions options)
    {
        _link = link;
        _options = options;
        _assigned = new AssignedPartitions(options);
        GroupOffsets? offsets = null;
        if (options.GroupId is { } groupId)
        {
            _coordinator = new Coordinator(link, groupId);
            offsets = new GroupOffsets(link, groupId, _coordinator);
            _commits = new OffsetCommits(link, options, _assigned, offsets);
        }

        _fetcher = new Fetcher(link, options, _assigned, offsets, Fail);
    }

    /// <summary>What is read now.</summary>
    public IReadOnlyList<TopicPartition> Assignment => _assigned.Partitions;

    /// <summary>
    /// How many records there are to be read yet, of each partition of which something was fetched.
    /// </summary>
    public IReadOnlyDictionary<TopicPartition, long> Lag => _assigned.Lag();

    /// <summary>
    /// Joins the group, which gives this consumer its part of the topics, now and whenever something changes.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no group, or it has been joined already.</exception>
    public void Subscribe(params IEnumerable<string> topics)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_commits is null || _membership is not null || _assigned.Partitions.Count > 0)
            {
                throw new InvalidOperationException(
                    "Subscribing takes a GroupId, and can be done once and not beside an assignment by hand.");
            }

            var host = new MembershipHost(_commits.CommitSettledAsync, Fail);
            _membership = new Membership(_link, _options, [.. topics.Distinct()], _coordinator!, _assigned, host);
            _commits.Membership = _membership;
        }
    }

    /// <summary>Reads these partitions and no others, from where the group is, or from the start position.</summary>
    /// <exception cref="InvalidOperationException">The group assigns.</exception>
    public void Assign(params IEnumerable<TopicPartition> partitions)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_membership is not null)
            {
                throw new InvalidOperationException("This consumer is assigned partitions by its group.");
            }

            _assigned.Assign(partitions);
        }
    }

    /// <summary>Reads these partitions and no others, from these offsets on.</summary>
    /// <exception cref="InvalidOperationException">The group assigns.</exception>
    public void Assign(params IEnumerable<TopicPartitionOffset> offsets)
    {
        TopicPartitionOffset[] all = [.. offsets];
        Assign(all.Select(offset => offset.Partition));
        foreach (var (partition, offset) in all)
        {
            Seek(partition, offset);
        }
    }

    /// <summary>
    /// The next records of one partition, at most <see cref="ConsumerOptions.MaxPollRecords"/>, without copies. Waits
    /// until there are some. The batch before is done with, as far as it was enumerated.
    /// </summary>
    /// <exception cref="StreamException">Reading cannot go on.</exception>
    public async ValueTask<ConsumedBatch> ReadBatchAsync(CancellationToken cancellationToken = default)
    {
        _assigned.Settle();
        while (true)
        {
            ThrowIfDisposed();
            if (Volatile.Read(ref _failure) is { } failure)
            {
                throw failure is StreamException refusal
                    ? new StreamException(refusal.Error, refusal.Message, refusal)
                    : new InvalidOperationException($"Reading ended: {failure.Message}", failure);
            }

            if (_assigned.TryTake() is { } batch)
            {
                return batch;
            }

            await _assigned.ReaderPulse.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All records, one after the other, for ever. Each may be kept.</summary>
    /// <exception cref="StreamException">Reading cannot go on.</exception>
    public async IAsyncEnumerable<ConsumedRecord> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var records = new List<ConsumedRecord>();
        while (true)
        {
            var batch = await ReadBatchAsync(cancellationToken).ConfigureAwait(false);
            var (start, end) = (batch.NextOffset, Copy(batch, records));
            batch.NextOffset = start;
            var outcome = BatchEnd.CutShort;
            try
            {
                foreach (var record in records)
                {
                    if (cancellationToken.IsCancellationRequested || !_assigned.TryHand(batch, record.Offset))
                    {
                        break;
                    }

                    outcome = BatchEnd.Broken;
                    using var activity = Telemetry.Activities.HasListeners() ? TraceContext.StartProcess(record) : null;
                    yield return record;
                    outcome = BatchEnd.CutShort;
                }

                if (records.Count == 0 || batch.NextOffset > records[^1].Offset)
                {
                    batch.NextOffset = end;
                    outcome = BatchEnd.Left;
                }
            }
            finally
            {
                _assigned.Settle(outcome);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>All records, with keys and values as what they mean.</summary>
    /// <exception cref="FormatException">The bytes of a record do not mean anything; it counts as not read.</exception>
    /// <exception cref="StreamException">Reading cannot go on.</exception>
    public async IAsyncEnumerable<ConsumedRecord<TKey, TValue>> ReadAllAsync<TKey, TValue>(
        IDeserializer<TKey> keys,
        IDeserializer<TValue> values,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var record in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return new ConsumedRecord<TKey, TValue>(
                record.Partition,
                record.Offset,
                record.Timestamp,
                record.Key is { } key ? keys.Deserialize(key.Span) : default,
                record.Value is { } value ? values.Deserialize(value.Span) : default,
                record.Headers);
        }
    }

    /// <summary>The offset of the next record to be handed out; null while it is not known.</summary>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public long? GetPosition(TopicPartition partition)
    {
        long? position = null;
        _assigned.Change(partition, cursor =>
        {
            position = cursor.Position == PartitionCursor.Unknown ? null : cursor.Position;
            return 0;
        });
        return position;
    }

    /// <summary>Goes on reading a partition at that offset.</summary>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public void Seek(TopicPartition partition, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _assigned.Change(partition, cursor => cursor.MoveTo(offset));
    }

    /// <summary>Goes on reading a partition at its beginning, its end, or some time.</summary>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public void Seek(TopicPartition partition, OffsetPoint point)
        => _assigned.Change(partition, cursor => cursor.MoveTo(point));

    /// <summary>Hands out nothing more of a partition until it is resumed.</summary>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public void Pause(TopicPartition partition) => SetPaused(partition, true);

    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public void Resume(TopicPartition partition) => SetPaused(partition, false);

    /// <summary>
    /// Commits everything handed out so far, the record in hand included; of a batch in hand what was enumerated.
    /// </summary>
    /// <exception cref="StreamException">
    /// The group has given the partitions to somebody else, who begins at what was committed before.
    /// </exception>
    public Task CommitAsync(CancellationToken cancellationToken = default)
        => Commits.CommitInHandAsync(cancellationToken);

    /// <summary>Commits offsets: of each partition the next record to read.</summary>
    /// <exception cref="InvalidOperationException">There is no group.</exception>
    /// <exception cref="StreamException">The group has given some of the partitions to somebody else.</exception>
    public Task CommitAsync(
        IReadOnlyCollection<TopicPartitionOffset> offsets, CancellationToken cancellationToken = default)
        => Commits.CommitAsync(offsets, cancellationToken);

    /// <summary>
    /// Commits what was left behind, unless that is done by hand, and leaves the group: if it answers within
    /// <see cref="ConsumerOptions.CloseTimeout"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            await LeaveGroupAsync().ConfigureAwait(false);
        }
        finally
        {
            _assigned.Settle();
            await _fetcher.DisposeAsync().ConfigureAwait(false);
            _assigned.Assign([]);
            await _link.DisposeAsync().ConfigureAwait(false);
            _membership?.Dispose();
            _assigned.ReaderPulse.Set();
        }
    }

    private OffsetCommits Commits => _commits ?? throw new InvalidOperationException("Committing takes a GroupId.");

    private static long Copy(ConsumedBatch batch, List<ConsumedRecord> records)
    {
        records.Clear();
        try
        {
            foreach (var record in batch)
            {
                records.Add(record.ToRecord(batch.Partition));
            }
        }
        catch (StreamException) when (records.Count > 0)
        {
            // Those before the damage are handed out; whoever asks for more is told of it.
        }

        return batch.NextOffset;
    }

    private void SetPaused(TopicPartition partition, bool isPaused) => _assigned.Change(partition, cursor =>
    {
        cursor.IsPaused = isPaused;
        return 0;
    });

    private async Task LeaveGroupAsync()
    {
        if (_commits is not null)
        {
            await _commits.DisposeAsync().ConfigureAwait(false);
        }

        if (_membership is { } membership)
        {
            using var leaving = new CancellationTokenSource(_options.CloseTimeout, _link.Time);
            await membership.LeaveAsync(leaving.Token).ConfigureAwait(false);
        }
    }

    private void Fail(Exception failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        _assigned.ReaderPulse.Set();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
}
