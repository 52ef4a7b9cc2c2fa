using OrleansStream.Crash.Model;

namespace OrleansStream.Crash.Load;

/// <summary>Numbers the senders of a run, and checks that the silo gives no two of them the same producer id.</summary>
internal sealed class SenderNumbers
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _producerIds = [];
    private int _count;

    public Sender AddSender(TrackedPartition partition, bool retries)
        => partition.AddSender(Interlocked.Increment(ref _count), retries);

    /// <exception cref="ViolationException">The silo has handed it out before.</exception>
    public long CheckProducerId(long producerId)
    {
        lock (_gate)
        {
            return _producerIds.Add(producerId)
                ? producerId
                : throw new ViolationException($"The producer id {producerId} was handed out a second time.");
        }
    }
}
