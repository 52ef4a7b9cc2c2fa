using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What the holders of one kind of quota have used; those not heard of for longest are forgotten.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="capacity">How many holders are remembered.</param>
/// <param name="create">Makes the bucket of a holder that is new here.</param>
internal sealed class QuotaUse(int capacity, Func<TokenBucket> create)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<QuotaEntity, LinkedListNode<Remembered>> _byHolder = [];
    private readonly LinkedList<Remembered> _latestFirst = [];

    public TokenBucket this[QuotaEntity holder]
    {
        get
        {
            lock (_gate)
            {
                if (_byHolder.TryGetValue(holder, out var node))
                {
                    _latestFirst.Remove(node);
                    _latestFirst.AddFirst(node);
                    return node.Value.Bucket;
                }

                if (_byHolder.Count == capacity)
                {
                    _byHolder.Remove(_latestFirst.Last!.Value.Holder);
                    _latestFirst.RemoveLast();
                }

                return (_byHolder[holder] = _latestFirst.AddFirst(new Remembered(holder, create()))).Value.Bucket;
            }
        }
    }

    private readonly record struct Remembered(QuotaEntity Holder, TokenBucket Bucket);
}
