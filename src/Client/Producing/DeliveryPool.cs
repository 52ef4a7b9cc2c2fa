using System.Collections.Concurrent;

namespace OrleansStream.Client.Producing;

/// <summary>Deliveries that nobody waits for any more.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class DeliveryPool
{
    /// <summary>As many as are awaited at once by those who send fast; 2 MB of them.</summary>
    private const int MaxIdle = 16_384;

    private readonly ConcurrentQueue<Delivery> _idle = new();
    private int _count;

    public Delivery Take()
    {
        if (!_idle.TryDequeue(out var delivery))
        {
            return new Delivery(this);
        }

        Interlocked.Decrement(ref _count);
        return delivery;
    }

    public void Return(Delivery delivery)
    {
        if (Interlocked.Increment(ref _count) <= MaxIdle)
        {
            _idle.Enqueue(delivery);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
