using System.CommandLine;

namespace OrleansStream.Cli.Topics;

/// <summary><c>ostream topics alter</c></summary>
internal sealed class AlterTopic : Verb
{
    private readonly Argument<string> _topic = TopicArguments.CreateTopic();

    private readonly Option<int?> _partitions = new("--partitions", "-p")
    {
        Description = "The new total, more than now. Keys then belong to other partitions than before.",
        HelpName = "COUNT",
    };

    private readonly Option<string[]> _config = TopicArguments.CreateConfig("A configuration to set.");

    private readonly Option<string[]> _unset = new("--unset")
    {
        Description = "A configuration that goes back to its default.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    public AlterTopic()
        : base("alter", "Change a topic's configuration, or add partitions.")
    {
        Arguments.Add(_topic);
        Options.Add(_partitions);
        Options.Add(_config);
        Options.Add(_unset);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var topic = session.Parsed.GetValue(_topic)!;
        var partitions = session.Parsed.GetValue(_partitions);
        var changes = TopicArguments.ToPairs(session.Parsed.GetValue(_config)!)
            .ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        foreach (var name in session.Parsed.GetValue(_unset)!)
        {
            changes[name] = null;
        }

        if (partitions is null && changes.Count == 0)
        {
            throw new CommandException(ExitCode.Usage, "Nothing to change: give --config, --unset or --partitions.");
        }

        await using var admin = session.Client.CreateAdmin();
        if (changes.Count > 0)
        {
            await admin.AlterConfigsAsync(topic, changes, cancellationToken);
        }

        if (partitions is { } count)
        {
            await admin.AddPartitionsAsync(topic, count, cancellationToken);
        }

        session.Results.Done(new { Topic = topic, Partitions = partitions, Configs = changes }, $"Changed {topic}.");
        return ExitCode.Success;
    }
}
