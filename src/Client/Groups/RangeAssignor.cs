namespace OrleansStream.Client.Groups;

/// <summary>
/// Topic by topic: each member gets neighbouring partitions, and the first ones one more if it does not divide.
/// </summary>
internal sealed class RangeAssignor : IAssignor
{
    public string Name => "range";

    public bool IsCooperative => false;

    public IReadOnlyList<List<TopicPartition>> Assign(
        IReadOnlyList<GroupMate> members, IReadOnlyDictionary<string, int> partitionCounts)
    {
        var assigned = members.Select(_ => new List<TopicPartition>()).ToArray();
        foreach (var topic in Assignors.Partitions(members, partitionCounts).GroupBy(partition => partition.Topic))
        {
            TopicPartition[] partitions = [.. topic];
            int[] readers = [.. Enumerable.Range(0, members.Count)
                .Where(member => members[member].Subscription.Topics.Contains(topic.Key))
                .OrderBy(member => members[member].SortKey, StringComparer.Ordinal)];
            var (share, rest) = Math.DivRem(partitions.Length, readers.Length);
            var next = 0;
            for (var i = 0; i < readers.Length; i++)
            {
                var count = share + (i < rest ? 1 : 0);
                assigned[readers[i]].AddRange(partitions.AsSpan(next, count));
                next += count;
            }
        }

        return assigned;
    }
}
