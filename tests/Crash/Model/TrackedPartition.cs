namespace OrleansStream.Crash.Model;

/// <summary>What a partition was told and what it promised: the oracle that a restarted silo is held against.</summary>
/// <remarks>
/// Senders and whoever deletes records use it at the same time; every method takes the one lock. A record is known once
/// it was acknowledged, or seen by a reader after a restart: from then on it stays at its offset until it is deleted.
/// </remarks>
internal sealed class TrackedPartition(string topic, int index, bool hasRetention)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Sender> _senders = [];
    private Dictionary<long, RecordId> _known = [];
    private long _logStart;
    private long? _pendingLogStart;
    private int _epoch = -1;
    private bool _mayHide = hasRetention;

    public string Topic => topic;

    public int Index => index;

    /// <summary>Whether the log start may move by itself.</summary>
    public bool HasRetention { get; } = hasRetention;

    /// <summary>How many records were there after the last restart.</summary>
    public int VerifiedCount { get; private set; }

    /// <summary>The leader epoch after the last restart; -1 when there was none since the partition exists.</summary>
    public int Epoch => _epoch;

    public Sender AddSender(int number, bool retries)
    {
        lock (_gate)
        {
            var sender = new Sender(number, retries);
            _senders.Add(number, sender);
            return sender;
        }
    }

    /// <summary>Records up to this one are about to go out.</summary>
    public void Send(Sender sender, int lastSequence)
    {
        lock (_gate)
        {
            sender.LastSent = Math.Max(sender.LastSent, lastSequence);
        }
    }

    /// <summary>The silo says that these records are durable, and where.</summary>
    public void Acknowledge(Sender sender, int firstSequence, int count, long baseOffset)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++)
            {
                var record = new RecordId(sender.Number, firstSequence + i);
                if (!_known.TryAdd(baseOffset + i, record) && _known[baseOffset + i] != record)
                {
                    throw Violation(
                        $"offset {baseOffset + i} was given to {record}, but holds {_known[baseOffset + i]}");
                }
            }

            sender.LastSettled = Math.Max(sender.LastSettled, firstSequence + count - 1);
        }
    }

    /// <summary>An offset to delete up to: any from the log start to the end of what is known.</summary>
    public long ChooseOffset(Random random)
    {
        lock (_gate)
        {
            var end = _known.Keys.DefaultIfEmpty(_logStart - 1).Max() + 1;
            return random.NextInt64(_logStart, Math.Max(end, _logStart) + 1);
        }
    }

    /// <summary>Records before an offset are about to be deleted.</summary>
    /// <param name="beforeOffset">-1 for all there are.</param>
    public void BeginDelete(long beforeOffset)
    {
        lock (_gate)
        {
            _pendingLogStart = beforeOffset;
            _mayHide |= beforeOffset < 0;
        }
    }

    /// <summary>The silo says that the log starts here now, durably.</summary>
    public void EndDelete(long logStart)
    {
        lock (_gate)
        {
            if (logStart < _pendingLogStart || logStart < _logStart)
            {
                throw Violation($"the log start is {logStart} after a deletion up to {_pendingLogStart}");
            }

            _logStart = logStart;
            _pendingLogStart = null;
        }
    }

    /// <summary>Compares what a restarted silo holds with what it may and must hold, and takes it for known.</summary>
    /// <exception cref="ViolationException">They differ.</exception>
    public void Verify(StoredPartition stored)
    {
        lock (_gate)
        {
            VerifyEpochs(stored);
            VerifyLogStart(stored.LogStart);
            var records = StoredRecords.Read(stored, Violation);
            VerifyKnown(records, stored);
            VerifyNew(records);
            _known = records;
            _mayHide = HasRetention;
            _epoch = stored.LeaderEpoch;
            VerifiedCount = records.Count;
        }
    }

    private void VerifyEpochs(StoredPartition stored)
    {
        if (stored.LeaderEpoch <= _epoch)
        {
            throw Violation($"the leader epoch is {stored.LeaderEpoch} after {_epoch} before the restart");
        }

        var later = stored.Batches.FirstOrDefault(batch => batch.Header.LeaderEpoch > _epoch);
        var expected = later.Bytes.IsEmpty ? stored.HighWatermark : later.Header.BaseOffset;
        var isTold = _epoch >= 0 && stored.Batches.Count > 0 && stored.Batches[0].Header.LeaderEpoch <= _epoch;
        if (isTold && stored.EpochEnd != expected)
        {
            throw Violation($"epoch {_epoch} is said to end at {stored.EpochEnd}, but ends at {expected}");
        }
    }

    private void VerifyLogStart(long logStart)
    {
        // A deletion without an answer was made, or was not, or ended halfway; "everything" may have meant any offset.
        var isPending = _pendingLogStart is { } pending && (pending < 0 || logStart <= pending);
        if (logStart < _logStart || (logStart > _logStart && !isPending && !HasRetention))
        {
            throw Violation(
                $"the log starts at {logStart}; promised was {_logStart}, "
                + $"asked for without an answer {_pendingLogStart?.ToString() ?? "nothing"}");
        }

        _logStart = logStart;
        _pendingLogStart = null;
    }

    private void VerifyKnown(Dictionary<long, RecordId> records, StoredPartition stored)
    {
        var kept = _known.Where(known => known.Key >= stored.LogStart);
        foreach (var (offset, record) in kept.OrderBy(known => known.Key))
        {
            if (!records.TryGetValue(offset, out var found))
            {
                throw Violation(
                    $"{record} was at offset {offset} and is gone; the log goes from {stored.LogStart} "
                    + $"to {stored.HighWatermark}");
            }

            if (found != record)
            {
                throw Violation($"offset {offset} held {record} and now holds {found}");
            }
        }
    }

    // What is there and was not known has to be new: sent, not settled before, and in the order it was sent.
    private void VerifyNew(Dictionary<long, RecordId> records)
    {
        var seen = new HashSet<int>();
        var appeared = records.Where(entry => !_known.ContainsKey(entry.Key));
        foreach (var (offset, record) in appeared.OrderBy(entry => entry.Key))
        {
            if (!_senders.TryGetValue(record.Sender, out var sender) || record.Sequence > sender.LastSent)
            {
                throw Violation($"{record} is at offset {offset} and was never sent");
            }

            if (record.Sequence <= sender.LastSettled)
            {
                throw Violation($"{record} is at offset {offset} a second time, or after it was known to be lost");
            }

            // What was stored and not answered may have been deleted before anybody saw it.
            var isFirst = seen.Add(record.Sender);
            if (sender.Retries && record.Sequence != sender.LastSettled + 1 && !(isFirst && _mayHide))
            {
                throw Violation($"{record} is at offset {offset}, but record {sender.LastSettled + 1} is missing");
            }

            sender.LastSettled = record.Sequence;
        }

        foreach (var sender in _senders.Values.Where(sender => !sender.Retries))
        {
            sender.LastSettled = sender.LastSent;
        }
    }

    private ViolationException Violation(string what) => new($"{topic}-{index}: {what}.");
}
