using System.Threading.Tasks.Sources;

namespace OrleansStream.Client.Producing;

/// <summary>The result of one awaited record, used again for another once somebody has seen it.</summary>
/// <remarks>
/// Completed by the partition's sender. Where the result is never looked at the garbage collector gets it.
/// </remarks>
internal sealed class Delivery(DeliveryPool pool) : IValueTaskSource<DeliveryResult>
{
    private ManualResetValueTaskSourceCore<DeliveryResult> _core = new() { RunContinuationsAsynchronously = true };
    private TopicPartition _partition;
    private long _timestamp;

    public ValueTask<DeliveryResult> Result => new(this, _core.Version);

    /// <summary>The record's number in its batch.</summary>
    public int Index { get; set; }

    /// <param name="timestamp">The record's, in milliseconds since 1970.</param>
    public void Begin(TopicPartition partition, long timestamp) => (_partition, _timestamp) = (partition, timestamp);

    public void Complete(BatchOutcome outcome)
    {
        if (outcome.IsStored)
        {
            _core.SetResult(new DeliveryResult(
                _partition,
                outcome.BaseOffset < 0 ? -1 : outcome.BaseOffset + Index,
                DateTimeOffset.FromUnixTimeMilliseconds(
                    outcome.LogAppendTime >= 0 ? outcome.LogAppendTime : _timestamp)));
        }
        else
        {
            _core.SetException(
                new StreamException(outcome.Error, $"{_partition}: {outcome.Error}. {outcome.Message}"));
        }
    }

    DeliveryResult IValueTaskSource<DeliveryResult>.GetResult(short token)
    {
        // Throws when the result was seen before: then this is somebody else's delivery now.
        _core.GetStatus(token);
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            pool.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<DeliveryResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<DeliveryResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
