namespace OrleansStream.Client.Groups;

/// <summary>Evenly, with as little moving as possible; and what moves is first given up, then given.</summary>
/// <remarks>
/// A partition that somebody else still reads is left out of this generation: whoever has it gives it up and joins
/// again, and the generation after that gives it to its new reader. So nobody else has to stop.
/// https://cwiki.apache.org/confluence/display/KAFKA/KIP-429 describes the protocol.
/// </remarks>
internal sealed class StickyAssignor : IAssignor
{
    public string Name => "cooperative-sticky";

    public bool IsCooperative => true;

    public IReadOnlyList<List<TopicPartition>> Assign(
        IReadOnlyList<GroupMate> members, IReadOnlyDictionary<string, int> partitionCounts)
    {
        TopicPartition[] partitions = [.. Assignors.Partitions(members, partitionCounts)];
        var owners = FindOwners(members, partitions);
        var topics = members.Select(member => member.Subscription.Topics.ToHashSet()).ToArray();
        var assigned = members.Select(_ => new List<TopicPartition>()).ToArray();
        foreach (var partition in partitions.Where(owners.ContainsKey))
        {
            assigned[owners[partition]].Add(partition);
        }

        foreach (var partition in partitions.Where(partition => !owners.ContainsKey(partition)))
        {
            assigned[LeastLoaded(partition.Topic, topics, assigned)].Add(partition);
        }

        Balance(topics, assigned);
        for (var member = 0; member < members.Count; member++)
        {
            var index = member;
            assigned[member].RemoveAll(partition => owners.TryGetValue(partition, out var owner) && owner != index);
            assigned[member].Sort();
        }

        return assigned;
    }

    // Where two claim the same, the one with the later generation has it, and neither if that is the same too.
    private static Dictionary<TopicPartition, int> FindOwners(
        IReadOnlyList<GroupMate> members, TopicPartition[] partitions)
    {
        var existing = partitions.ToHashSet();
        return Enumerable.Range(0, members.Count)
            .SelectMany(member => members[member].Subscription.Owned.Select(partition => (partition, member)))
            .Where(claim => existing.Contains(claim.partition)
                && members[claim.member].Subscription.Topics.Contains(claim.partition.Topic))
            .GroupBy(claim => claim.partition, claim => claim.member)
            .Select(claim => (
                Partition: claim.Key,
                Best: claim.GroupBy(member => members[member].Subscription.Generation).MaxBy(rank => rank.Key)!))
            .Where(claim => claim.Best.Count() == 1)
            .ToDictionary(claim => claim.Partition, claim => claim.Best.First());
    }

    private static int LeastLoaded(string topic, HashSet<string>[] topics, List<TopicPartition>[] assigned)
        => Enumerable.Range(0, topics.Length)
            .Where(member => topics[member].Contains(topic))
            .MinBy(member => assigned[member].Count);

    // Every move makes the sum of the squares of the loads smaller, so it ends.
    private static void Balance(HashSet<string>[] topics, List<TopicPartition>[] assigned)
    {
        bool hasMoved;
        do
        {
            hasMoved = false;
            foreach (var from in Enumerable.Range(0, assigned.Length)
                .OrderByDescending(member => assigned[member].Count)
                .ToArray())
            {
                for (var i = assigned[from].Count - 1; i >= 0; i--)
                {
                    var partition = assigned[from][i];
                    var to = LeastLoaded(partition.Topic, topics, assigned);
                    if (assigned[from].Count - assigned[to].Count > 1)
                    {
                        assigned[from].RemoveAt(i);
                        assigned[to].Add(partition);
                        hasMoved = true;
                    }
                }
            }
        }
        while (hasMoved);
    }
}
