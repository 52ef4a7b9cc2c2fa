using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>The fetch sessions of all clients, bounded in number and in partitions.</summary>
/// <remarks>
/// A client without a session, because there is no room or because its own was evicted, names all its partitions in
/// each request; so sessions save work, and nothing depends on them.
/// </remarks>
internal sealed class FetchSessionCache(TimeProvider time, IOptions<KafkaApiOptions> options)
{
    private const int WithoutSession = -1;
    private const int NewSession = 0;

    /// <summary>Of all sessions together. A partition takes some 300 bytes.</summary>
    private const int MaxPartitions = 500_000;

    /// <summary>
    /// How long a session must have been idle before another may have its place; else clients above the bound would
    /// take each other's sessions away all the time. Kafka's value.
    /// </summary>
    private static readonly TimeSpan s_minIdle = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = []; // The longest unused first.
    private int _partitionCount;

    /// <summary>Finds or makes the session of a request and begins the request in it.</summary>
    public FetchTurn Begin(FetchRequest request, bool byTopicIds)
    {
        switch (request.SessionEpoch)
        {
            case WithoutSession:
                Remove(request.SessionId);
                return FetchTurn.WithoutSession(request);
            case NewSession:
                Remove(request.SessionId);
                var session = new FetchSession(RandomNumberGenerator.GetInt32(1, int.MaxValue), byTopicIds);
                var error = session.Begin(request, byTopicIds, out var epoch, out var positions);
                Debug.Assert(error == ErrorCode.None, "A new session takes any first request.");
                return positions.Length > 0 && TryAdd(session, positions.Length)
                    ? new FetchTurn(ErrorCode.None, positions, session, epoch, IsIncremental: false)
                    : FetchTurn.WithoutSession(request);
            default:
                return Continue(request, byTopicIds);
        }
    }

    private FetchTurn Continue(FetchRequest request, bool byTopicIds)
    {
        if (Find(request.SessionId) is not { } session)
        {
            return FetchTurn.Refused(ErrorCode.FetchSessionIdNotFound);
        }

        var error = session.Begin(request, byTopicIds, out var epoch, out var positions);
        if (error != ErrorCode.None)
        {
            return FetchTurn.Refused(error);
        }

        if (positions.Length == 0)
        {
            Remove(session.Id);
            return FetchTurn.WithoutSession(request);
        }

        return TryUse(session, positions.Length)
            ? new FetchTurn(ErrorCode.None, positions, session, epoch, IsIncremental: true)
            : FetchTurn.Refused(ErrorCode.FetchSessionIdNotFound);
    }

    private FetchSession? Find(int id)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(id, out var node) ? node.Value.Session : null;
        }
    }

    private bool TryAdd(FetchSession session, int partitionCount)
    {
        lock (_gate)
        {
            if (!HasRoomFor(partitionCount) && _byUse.First is { } oldest
                && time.GetElapsedTime(oldest.Value.LastUse) >= s_minIdle)
            {
                Remove(oldest);
            }

            if (!HasRoomFor(partitionCount) || _entries.ContainsKey(session.Id))
            {
                return false;
            }

            _entries.Add(session.Id, _byUse.AddLast(new Entry(session, partitionCount, time.GetTimestamp())));
            _partitionCount += partitionCount;
            return true;
        }
    }

    /// <summary>Notes that a session is used, and how large it is now; one that has outgrown the cache ends.</summary>
    private bool TryUse(FetchSession session, int partitionCount)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(session.Id, out var node))
            {
                return false;
            }

            Remove(node);
            if (_partitionCount + partitionCount > MaxPartitions)
            {
                return false;
            }

            _entries.Add(session.Id, _byUse.AddLast(new Entry(session, partitionCount, time.GetTimestamp())));
            _partitionCount += partitionCount;
            return true;
        }
    }

    private void Remove(int id)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(id, out var node))
            {
                Remove(node);
            }
        }
    }

    private bool HasRoomFor(int partitionCount)
        => _entries.Count < options.Value.MaxFetchSessions && _partitionCount + partitionCount <= MaxPartitions;

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Session.Id);
        _byUse.Remove(node);
        _partitionCount -= node.Value.PartitionCount;
    }

    /// <param name="LastUse">A timestamp of the clock.</param>
    private readonly record struct Entry(FetchSession Session, int PartitionCount, long LastUse);
}
