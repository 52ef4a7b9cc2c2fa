using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>
/// The partitions one consumer reads, and what it was last told of each, so that its requests and our replies name
/// only what has changed.
/// </summary>
/// <remarks>
/// The epoch numbers the session's requests, from 0. A client sends one at a time; should two overlap, the earlier is
/// refused once the later has moved the epoch on. The lock is held for a step at the beginning of a request and one at
/// its end, never in between. See https://cwiki.apache.org/confluence/display/KAFKA/KIP-227.
/// </remarks>
internal sealed class FetchSession(int id, bool usesTopicIds)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FetchKey, LinkedListNode<Member>> _members = [];

    // The order in which partitions are read. What has brought records goes to the end, so that none is starved.
    private readonly LinkedList<Member> _order = [];

    private int _epoch;

    public int Id => id;

    /// <summary>
    /// Begins a request: takes over what it changes, and lists all that the session reads from now on.
    /// </summary>
    public ErrorCode Begin(FetchRequest request, bool byTopicIds, out int epoch, out FetchPosition[] positions)
    {
        lock (_gate)
        {
            epoch = 0;
            positions = [];
            if (request.SessionEpoch != _epoch)
            {
                return ErrorCode.InvalidFetchSessionEpoch;
            }

            if (byTopicIds != usesTopicIds)
            {
                return ErrorCode.FetchSessionTopicIdError;
            }

            Apply(request);
            _epoch = epoch = _epoch == int.MaxValue ? 1 : _epoch + 1;
            positions = [.. _order.Select(member => member.Position)];
            return ErrorCode.None;
        }
    }

    /// <summary>Ends a request: picks what its reply has to name, and remembers that it did.</summary>
    /// <param name="epoch">As <see cref="Begin"/> gave it.</param>
    /// <param name="changed">In the order of <paramref name="reads"/>.</param>
    /// <returns>Whether no later request has begun.</returns>
    public bool TryFinish(int epoch, IReadOnlyList<PartitionRead> reads, out PartitionRead[] changed)
    {
        lock (_gate)
        {
            changed = epoch == _epoch ? [.. reads.Where(HasChanged)] : [];
            return epoch == _epoch;
        }
    }

    private void Apply(FetchRequest request)
    {
        foreach (var topic in request.ForgottenTopics)
        {
            foreach (var index in topic.Partitions)
            {
                if (_members.Remove(new(topic.Name, topic.Id, index), out var forgotten))
                {
                    _order.Remove(forgotten);
                }
            }
        }

        foreach (var position in FetchPosition.ListNamed(request))
        {
            if (_members.TryGetValue(position.Key, out var known))
            {
                known.Value.Position = position;
            }
            else
            {
                _members.Add(position.Key, _order.AddLast(new Member { Position = position }));
            }
        }
    }

    private bool HasChanged(PartitionRead read)
    {
        var node = _members[read.Key];
        var (error, logStart, highWatermark, _, _) = read.Reply;
        if (error != StreamError.None)
        {
            // Once it is over, the client has to hear of that, whatever has changed meanwhile.
            (node.Value.HighWatermark, node.Value.LogStartOffset) = (-1, -1);
            return true;
        }

        var changed = read.LengthBytes > 0
            || highWatermark != node.Value.HighWatermark
            || logStart != node.Value.LogStartOffset;
        (node.Value.HighWatermark, node.Value.LogStartOffset) = (highWatermark, logStart);
        if (read.LengthBytes > 0)
        {
            _order.Remove(node);
            _order.AddLast(node);
        }

        return changed;
    }

    /// <summary>One partition of the session, and what the client was last told of it.</summary>
    private sealed class Member
    {
        public required FetchPosition Position { get; set; }

        /// <summary>-1 before the first reply, as is <see cref="LogStartOffset"/>, and after an error.</summary>
        public long HighWatermark { get; set; } = -1;

        public long LogStartOffset { get; set; } = -1;
    }
}
