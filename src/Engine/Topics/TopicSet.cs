using System.Collections.Immutable;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Topics;

/// <summary>All topics at one moment, by name and by id; immutable.</summary>
/// <remarks>The Decide methods check a change and say what the topic would be; nothing is changed by them.</remarks>
public sealed record TopicSet
{
    /// <summary>The most partitions a topic may have.</summary>
    public const int MaxPartitions = 10_000;

    private readonly ImmutableSortedDictionary<string, TopicDescription> _byName;
    private readonly ImmutableDictionary<Guid, TopicDescription> _byId;
    private readonly ImmutableHashSet<string> _collisionKeys;

    private TopicSet(
        ImmutableSortedDictionary<string, TopicDescription> byName,
        ImmutableDictionary<Guid, TopicDescription> byId,
        ImmutableHashSet<string> collisionKeys)
    {
        _byName = byName;
        _byId = byId;
        _collisionKeys = collisionKeys;
        All = [.. byName.Values];
    }

    public static TopicSet Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, TopicDescription>(StringComparer.Ordinal),
        ImmutableDictionary<Guid, TopicDescription>.Empty,
        ImmutableHashSet.Create<string>(StringComparer.Ordinal));

    /// <summary>By name in ordinal order.</summary>
    public IReadOnlyList<TopicDescription> All { get; }

    public TopicDescription? Find(string name) => _byName.GetValueOrDefault(name);

    public TopicDescription? FindById(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>Adds a topic, or puts it in the place of the one with the same name.</summary>
    public TopicSet With(TopicDescription topic)
        => new(
            _byName.SetItem(topic.Name, topic),
            _byId.SetItem(topic.Id, topic),
            _collisionKeys.Add(TopicName.CollisionKey(topic.Name)));

    public TopicSet Without(TopicDescription topic)
        => new(
            _byName.Remove(topic.Name),
            _byId.Remove(topic.Id),
            _collisionKeys.Remove(TopicName.CollisionKey(topic.Name)));

    /// <summary>Checks a creation.</summary>
    /// <param name="id">The id the topic would get.</param>
    /// <param name="defaultPartitionCount">Where the request leaves the number open.</param>
    public TopicReply DecideCreate(CreateTopicRequest request, Guid id, int defaultPartitionCount)
    {
        if (TopicName.FindFault(request.Name) is { } fault)
        {
            return Refuse(StreamError.InvalidTopicName, fault);
        }

        if (Find(request.Name) is not null)
        {
            return Refuse(StreamError.TopicExists, $"Topic '{request.Name}' already exists.");
        }

        if (_collisionKeys.Contains(TopicName.CollisionKey(request.Name)))
        {
            return Refuse(
                StreamError.InvalidTopicName,
                $"Topic '{request.Name}' differs from an existing one only in '.' and '_'.");
        }

        var count = request.PartitionCount == -1 ? defaultPartitionCount : request.PartitionCount;
        if (count is < 1 or > MaxPartitions)
        {
            return Refuse(
                StreamError.InvalidPartitionCount, $"The number of partitions is {count}, not 1 to {MaxPartitions}.");
        }

        return Check(new TopicDescription(request.Name, id, count, request.Configs));
    }

    /// <summary>Checks a change of configuration.</summary>
    public TopicReply DecideAlter(string name, IReadOnlyList<ConfigChange> changes)
    {
        if (Find(name) is not { } topic)
        {
            return Unknown(name);
        }

        var configs = new Dictionary<string, string>(topic.Configs);
        foreach (var change in changes)
        {
            if (change.Value is { } value)
            {
                configs[change.Name] = value;
            }
            else if (!configs.Remove(change.Name) && !TopicConfig.IsKnown(change.Name))
            {
                return Refuse(StreamError.InvalidConfig, $"Unknown topic configuration '{change.Name}'.");
            }
        }

        var reply = Check(topic with { Configs = configs });
        return reply.Topic is not null
            && TopicConfig.Parse(configs).Durability != TopicConfig.Parse(topic.Configs).Durability
            ? Refuse(StreamError.InvalidConfig, "durability is chosen when a topic is created and stays.")
            : reply;
    }

    /// <summary>Checks a new number of partitions.</summary>
    public TopicReply DecideAddPartitions(string name, int partitionCount)
    {
        if (Find(name) is not { } topic)
        {
            return Unknown(name);
        }

        if (topic.IsInternal)
        {
            return Keep(name);
        }

        return partitionCount <= topic.PartitionCount || partitionCount > MaxPartitions
            ? Refuse(
                StreamError.InvalidPartitionCount,
                $"Topic '{name}' has {topic.PartitionCount} partitions; {partitionCount} is no more.")
            : new TopicReply(StreamError.None, null, topic with { PartitionCount = partitionCount });
    }

    /// <summary>Checks a deletion; the reply holds the topic to be deleted.</summary>
    public TopicReply DecideDelete(string name)
        => Find(name) is not { } topic ? Unknown(name)
            : topic.IsInternal ? Keep(name)
            : new TopicReply(StreamError.None, null, topic);

    private static TopicReply Check(TopicDescription topic)
    {
        try
        {
            TopicConfig.Parse(topic.Configs);
            return new TopicReply(StreamError.None, null, topic);
        }
        catch (FormatException e)
        {
            return Refuse(StreamError.InvalidConfig, e.Message);
        }
    }

    private static TopicReply Unknown(string name)
        => Refuse(StreamError.UnknownTopicOrPartition, $"There is no topic '{name}'.");

    private static TopicReply Keep(string name)
        => Refuse(StreamError.InvalidRequest, $"The cluster keeps topic '{name}' for itself.");

    private static TopicReply Refuse(StreamError error, string message) => new(error, message, null);
}
