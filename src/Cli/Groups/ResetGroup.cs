using System.CommandLine;
using OrleansStream.Cli.Records;
using OrleansStream.Client;

namespace OrleansStream.Cli.Groups;

/// <summary><c>ostream groups reset</c>: sets where a group without members goes on.</summary>
internal sealed class ResetGroup : Verb
{
    private readonly Argument<string> _group = new("GROUP") { Description = "The group's name." };

    private readonly Option<string> _to = new("--to")
    {
        Description = $"Where to go on: {ReadingPoint.Help}.",
        HelpName = "PLACE",
        Required = true,
    };

    private readonly Option<string[]> _topics = new("--topic", "-t")
    {
        Description = "Only this topic; may be given more than once. By default all that the group has read.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Show what would change, and change nothing.",
    };

    public ResetGroup()
        : base("reset", "Set where a group goes on reading.")
    {
        Arguments.Add(_group);
        Options.Add(_to);
        Options.Add(_topics);
        Options.Add(_dryRun);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var group = session.Parsed.GetValue(_group)!;
        var point = ParsePoint(session);
        await using var admin = session.Client.CreateAdmin();
        var members = (await admin.Groups.DescribeAsync(group, cancellationToken)).Members.Count;
        if (members > 0)
        {
            throw new CommandException(ExitCode.Refused, $"{group} has {members} members at work; stop them first.");
        }

        var before = await admin.Groups.GetOffsetsAsync(group, cancellationToken);
        var partitions = await FindPartitionsAsync(session, admin, before, cancellationToken);
        var after = await point.FindAsync(admin, partitions, cancellationToken);
        if (!session.Parsed.GetValue(_dryRun))
        {
            await admin.Groups.SetOffsetsAsync(
                group, [.. after.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value))], cancellationToken);
        }

        var changes = after.OrderBy(entry => entry.Key).Select(entry => new
        {
            entry.Key.Topic,
            entry.Key.Partition,
            Before = before.TryGetValue(entry.Key, out var offset) ? offset : (long?)null,
            After = entry.Value,
        }).ToList();
        session.Results.Show(changes, () => session.Results.Table(
            ["topic", "partition#", "before#", "after#"],
            changes.Select(change => new object?[] { change.Topic, change.Partition, change.Before, change.After })));
        return ExitCode.Success;
    }

    private ReadingPoint ParsePoint(Session session)
    {
        try
        {
            return ReadingPoint.Parse(session.Parsed.GetValue(_to)!, session.Terminal.Time);
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message, e);
        }
    }

    private async Task<IReadOnlyCollection<TopicPartition>> FindPartitionsAsync(
        Session session,
        Admin admin,
        Dictionary<TopicPartition, long> committed,
        CancellationToken cancellationToken)
    {
        var topics = session.Parsed.GetValue(_topics)!;
        if (topics.Length == 0)
        {
            return committed.Count > 0 ? committed.Keys : throw new CommandException(
                ExitCode.Refused, "The group has read nothing yet; say with --topic where it is to begin.");
        }

        var partitions = new List<TopicPartition>();
        foreach (var name in topics.Distinct())
        {
            var topic = await admin.DescribeTopicAsync(name, cancellationToken);
            partitions.AddRange(topic.Partitions.Select(partition => new TopicPartition(name, partition.Partition)));
        }

        return partitions;
    }
}
