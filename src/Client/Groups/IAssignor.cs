namespace OrleansStream.Client.Groups;

/// <summary>A member of a group, as the leader sees it.</summary>
internal sealed record GroupMate(string MemberId, string? InstanceId, Subscription Subscription)
{
    /// <summary>Static members keep their place in the order over restarts.</summary>
    public string SortKey => InstanceId ?? MemberId;
}

/// <summary>Divides the partitions of topics among the members of a group that subscribe to them.</summary>
/// <remarks>Deterministic: the same members and topics end with the same assignment.</remarks>
internal interface IAssignor
{
    /// <summary>By which clients of all kinds know it.</summary>
    string Name { get; }

    /// <summary>Whether members keep reading while they rebalance, and give up only what moves.</summary>
    bool IsCooperative { get; }

    /// <param name="partitionCounts">Of every topic that exists.</param>
    /// <returns>What each member has to read, in the order of the members.</returns>
    IReadOnlyList<List<TopicPartition>> Assign(
        IReadOnlyList<GroupMate> members, IReadOnlyDictionary<string, int> partitionCounts);
}

/// <summary>The assignors there are.</summary>
internal static class Assignors
{
    public static IAssignor Create(PartitionAssignor assignor) => assignor switch
    {
        PartitionAssignor.CooperativeSticky => new StickyAssignor(),
        PartitionAssignor.Range => new RangeAssignor(),
        PartitionAssignor.RoundRobin => new RoundRobinAssignor(),
        _ => throw new ArgumentOutOfRangeException(nameof(assignor), assignor, "Not an assignor."),
    };

    /// <summary>Every partition of the topics somebody subscribes to, in order.</summary>
    public static IEnumerable<TopicPartition> Partitions(
        IEnumerable<GroupMate> members, IReadOnlyDictionary<string, int> partitionCounts)
        => members
            .SelectMany(member => member.Subscription.Topics)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .SelectMany(topic => Enumerable.Range(0, partitionCounts.GetValueOrDefault(topic))
                .Select(partition => new TopicPartition(topic, partition)));
}
