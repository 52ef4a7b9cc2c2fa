using System.Collections.Concurrent;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Connections;

/// <summary>A topic as the cluster last described it.</summary>
/// <param name="Id">Another one means another topic of that name; empty where servers have none.</param>
/// <param name="Leaders">By partition; -1 while one has none.</param>
/// <param name="LearntAt">A timestamp of the clock.</param>
internal sealed record KnownTopic(string Name, Guid Id, IReadOnlyList<int> Leaders, long LearntAt)
{
    public int PartitionCount => Leaders.Count;

    /// <exception cref="StreamException">There is none now, or no such partition.</exception>
    public int LeaderOf(int partition)
        => partition < Leaders.Count && Leaders[partition] >= 0
            ? Leaders[partition]
            : throw new StreamException(ErrorCode.LeaderNotAvailable, $"{Name}-{partition} has no leader now.");
}

/// <summary>What is known of topics, asked for when it is needed, outdated or found to be wrong.</summary>
/// <remarks>Thread-safe. Those who need the same topic at the same time share one request.</remarks>
internal sealed class TopicCache(ClientLink link)
{
    private readonly ConcurrentDictionary<string, KnownTopic> _known = new();
    private readonly ConcurrentDictionary<string, Task<KnownTopic>> _asking = new();

    /// <summary>What is known, if it may still be trusted.</summary>
    public KnownTopic? Find(string topic)
        => _known.TryGetValue(topic, out var known)
            && link.Time.GetElapsedTime(known.LearntAt) < link.Options.MetadataMaxAge
            ? known
            : null;

    /// <summary>Forgets a topic whose leaders turned out to be others.</summary>
    public void Forget(string topic) => _known.TryRemove(topic, out _);

    /// <summary>Asks once, where nothing is known.</summary>
    /// <exception cref="StreamException">The topic does not exist, or nobody answers.</exception>
    public async ValueTask<KnownTopic> GetAsync(string topic, CancellationToken cancellationToken)
        => Find(topic) ?? await AskOnceAsync(topic).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Asks in any case. Topics that do not exist are left out; null asks for all there are.</summary>
    public async Task<IReadOnlyList<KnownTopic>> RefreshAsync(
        IReadOnlyCollection<string>? topics, CancellationToken cancellationToken)
    {
        var response = await AskAsync(topics, mayCreate: false, cancellationToken).ConfigureAwait(false);
        return [.. response.Topics.Where(topic => topic.Error == ErrorCode.None).Select(Keep)];
    }

    /// <summary>The answer as it is, with which the nodes are learnt.</summary>
    public async Task<MetadataResponse> AskAsync(
        IReadOnlyCollection<string>? topics, bool mayCreate, CancellationToken cancellationToken)
    {
        var request = new MetadataRequest(topics?.Select(name => new MetadataRequestTopic(name)).ToArray(), mayCreate);
        var response = await link.CallAsync(IBrokers.AnyNode, Lane.Control, request, cancellationToken)
            .ConfigureAwait(false);
        link.Brokers.Learn(response.Nodes);
        return response;
    }

    private Task<KnownTopic> AskOnceAsync(string topic)
    {
        var asking = _asking.GetOrAdd(topic, AskOneAsync);
        if (asking.IsCompleted)
        {
            // It ended before it was added, or was found in the moment before it is removed.
            _asking.TryRemove(new(topic, asking));
        }

        return asking;
    }

    private async Task<KnownTopic> AskOneAsync(string topic)
    {
        try
        {
            var response = await AskAsync([topic], link.CreatesTopics, CancellationToken.None)
                .ConfigureAwait(false);
            var described = response.Topics[0];
            StreamException.ThrowIf(described.Error, $"Topic {topic}");
            return Keep(described);
        }
        finally
        {
            _asking.TryRemove(topic, out _);
        }
    }

    private KnownTopic Keep(MetadataTopic topic)
    {
        var leaders = new int[topic.Partitions.Count];
        Array.Fill(leaders, -1);
        foreach (var partition in topic.Partitions.Where(partition => partition.Index < leaders.Length))
        {
            leaders[partition.Index] = partition.LeaderId;
        }

        return _known[topic.Name!] = new KnownTopic(topic.Name!, topic.Id, leaders, link.Time.GetTimestamp());
    }
}
