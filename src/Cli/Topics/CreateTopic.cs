using System.CommandLine;

namespace OrleansStream.Cli.Topics;

/// <summary><c>ostream topics create</c></summary>
internal sealed class CreateTopic : Verb
{
    private const int ClusterDefault = -1;

    private readonly Argument<string> _topic = TopicArguments.CreateTopic();

    private readonly Option<int> _partitions = new("--partitions", "-p")
    {
        Description = "How many; the cluster decides by default.",
        DefaultValueFactory = _ => ClusterDefault,
        HelpName = "COUNT",
    };

    private readonly Option<string[]> _config = TopicArguments.CreateConfig(
        "A configuration by Kafka's name, such as retention.ms=3600000; may be given more than once.");

    public CreateTopic()
        : base("create", "Create a topic.")
    {
        Arguments.Add(_topic);
        Options.Add(_partitions);
        Options.Add(_config);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var topic = session.Parsed.GetValue(_topic)!;
        var configs = TopicArguments.ToPairs(session.Parsed.GetValue(_config)!);
        await using var admin = session.Client.CreateAdmin();
        await admin.CreateTopicAsync(
            topic, session.Parsed.GetValue(_partitions), configs, cancellationToken: cancellationToken);
        session.Results.Done(new { Topic = topic, Created = true }, $"Created {topic}.");
        return ExitCode.Success;
    }
}
