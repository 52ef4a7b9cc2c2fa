using OrleansStream.Cli.Records;
using OrleansStream.Client;

namespace OrleansStream.Cli.Consuming;

/// <summary>The partitions to read, and where they end now.</summary>
internal sealed class Scope
{
    private readonly Session _session;
    private readonly IReadOnlyList<TopicPartition> _partitions;

    private Scope(
        Session session,
        IReadOnlyList<TopicPartition> partitions,
        IReadOnlyDictionary<TopicPartition, long> ends)
    {
        _session = session;
        _partitions = partitions;
        Ends = ends;
    }

    public IReadOnlyDictionary<TopicPartition, long> Ends { get; }

    /// <param name="only">Null for all partitions.</param>
    public static async Task<Scope> FindAsync(
        Session session, IEnumerable<string> topics, int? only, CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        var partitions = new List<TopicPartition>();
        foreach (var name in topics.Distinct())
        {
            var topic = await admin.DescribeTopicAsync(name, cancellationToken);
            var chosen = topic.Partitions
                .Where(partition => only is null || partition.Partition == only)
                .Select(partition => new TopicPartition(name, partition.Partition))
                .ToList();
            partitions.AddRange(chosen.Count > 0 ? chosen : throw new CommandException(
                ExitCode.Refused, $"{name} has no partition {only}: there are 0 to {topic.Partitions.Count - 1}."));
        }

        return new Scope(
            session, partitions, await admin.FindOffsetsAsync(partitions, OffsetPoint.Latest, cancellationToken));
    }

    /// <summary>A consumer of all of it.</summary>
    public async Task<Consumer> AssignAsync(ReadingPoint start, CancellationToken cancellationToken)
    {
        await using var admin = _session.Client.CreateAdmin();
        var starts = await start.FindAsync(admin, _partitions, cancellationToken);
        var consumer = _session.Client.CreateConsumer(
            new ConsumerOptions { StartPosition = StartPosition.Earliest });
        consumer.Assign(starts.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value)));
        return consumer;
    }

    /// <summary>A member of a group that shares it.</summary>
    /// <param name="start">Where partitions begin without a committed offset; null for the first record.</param>
    public async Task<Consumer> JoinAsync(string group, ReadingPoint? start, CancellationToken cancellationToken)
    {
        if (start is not null && start != ReadingPoint.Beginning && start != ReadingPoint.End)
        {
            await BeginAsync(group, start, cancellationToken);
        }

        var consumer = _session.Client.CreateConsumer(new ConsumerOptions
        {
            GroupId = group,
            StartPosition = start == ReadingPoint.End ? StartPosition.Latest : StartPosition.Earliest,
        });
        consumer.Subscribe(_partitions.Select(partition => partition.Topic).Distinct());
        return consumer;
    }

    private async Task BeginAsync(string group, ReadingPoint start, CancellationToken cancellationToken)
    {
        await using var admin = _session.Client.CreateAdmin();
        var committed = await admin.Groups.GetOffsetsAsync(group, cancellationToken);
        var missing = _partitions.Where(partition => !committed.ContainsKey(partition)).ToList();
        if (missing.Count > 0)
        {
            var starts = await start.FindAsync(admin, missing, cancellationToken);
            await admin.Groups.SetOffsetsAsync(
                group,
                [.. starts.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value))],
                cancellationToken);
        }
    }
}
