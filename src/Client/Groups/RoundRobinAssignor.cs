namespace OrleansStream.Client.Groups;

/// <summary>All partitions in order, one for each member in turn that subscribes to the topic.</summary>
internal sealed class RoundRobinAssignor : IAssignor
{
    public string Name => "roundrobin";

    public bool IsCooperative => false;

    public IReadOnlyList<List<TopicPartition>> Assign(
        IReadOnlyList<GroupMate> members, IReadOnlyDictionary<string, int> partitionCounts)
    {
        var assigned = members.Select(_ => new List<TopicPartition>()).ToArray();
        int[] order = [.. Enumerable.Range(0, members.Count)
            .OrderBy(member => members[member].SortKey, StringComparer.Ordinal)];
        var turn = 0;
        foreach (var partition in Assignors.Partitions(members, partitionCounts))
        {
            while (!members[order[turn % order.Length]].Subscription.Topics.Contains(partition.Topic))
            {
                turn++;
            }

            assigned[order[turn++ % order.Length]].Add(partition);
        }

        return assigned;
    }
}
