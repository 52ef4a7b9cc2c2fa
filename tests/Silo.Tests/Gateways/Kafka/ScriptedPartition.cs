using OrleansStream.Contracts;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>A partition that holds bytes, counts what it lends, and answers appends as a test says.</summary>
internal sealed class ScriptedPartition : IPartition
{
    private readonly Lock _lock = new();
    private readonly List<byte[]> _batches = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lent;

    /// <summary>What was appended, in order.</summary>
    public List<AppendRequest> Appends { get; } = [];

    public Func<AppendRequest, ValueTask<AppendReply>> OnAppend { get; set; } =
        _ => new(new AppendReply(StreamError.None, BaseOffset: 0, LogAppendTimestamp: -1, LogStartOffset: 0, null));

    /// <summary>The fetches, in order.</summary>
    public List<FetchRequest> Fetches { get; } = [];

    /// <summary>What a fetch is refused with; none to answer with records.</summary>
    public StreamError FetchError { get; set; }

    /// <summary>Thrown by fetches if set.</summary>
    public Exception? FetchFailure { get; set; }

    /// <summary>How many records were handed out and not yet given back.</summary>
    public int LentCount => Volatile.Read(ref _lent);

    /// <summary>Ends once a fetch waits for more than there is.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Stores a batch of so many bytes, which wakes the fetches that wait.</summary>
    public void Store(int lengthBytes)
    {
        lock (_lock)
        {
            _batches.Add(Enumerable.Repeat((byte)_batches.Count, lengthBytes).ToArray());
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Ends the waits of all fetches as if their time were over.</summary>
    public TaskCompletionSource TimeIsOver { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        Appends.Add(request);
        return OnAppend(request);
    }

    public async ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Fetches.Add(request);
        }

        while (FetchFailure is null && FetchError == StreamError.None)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
                if (request.MaxWait == TimeSpan.Zero || TimeIsOver.Task.IsCompleted
                    || _batches.Sum(batch => batch.Length) >= request.MinBytes)
                {
                    return Lend(request.MaxBytes);
                }
            }

            Waiting.TrySetResult();
            await Task.WhenAny(changed, TimeIsOver.Task).WaitAsync(cancellationToken);
        }

        return FetchFailure is null ? FetchReply.Refused(FetchError) : throw FetchFailure;
    }

    public ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
        => new(new PartitionStatus(StreamError.None, 0, 0, HighWatermark: _batches.Count, _batches.Count, 0));

    public ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    private FetchReply Lend(int maxBytes)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var room = maxBytes;
        foreach (var batch in _batches)
        {
            if (pieces.Count > 0 && batch.Length > room)
            {
                break;
            }

            pieces.Add(batch);
            room -= batch.Length;
        }

        if (pieces.Count == 0)
        {
            return new FetchReply(StreamError.None, 0, 0, 0, FetchedRecords.Empty);
        }

        Interlocked.Increment(ref _lent);
        return new FetchReply(
            StreamError.None, 0, _batches.Count, _batches.Count, new FetchedRecords(pieces, new Loan(this)));
    }

    private sealed class Loan(ScriptedPartition partition) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref partition._lent);
    }
}
