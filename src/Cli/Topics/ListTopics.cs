using System.CommandLine;

namespace OrleansStream.Cli.Topics;

/// <summary><c>ostream topics list</c></summary>
internal sealed class ListTopics : Verb
{
    private readonly Option<bool> _internal = new("--internal")
    {
        Description = "Also those the cluster keeps for itself.",
    };

    public ListTopics()
        : base("list", "List the topics.")
        => Options.Add(_internal);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        var withInternal = session.Parsed.GetValue(_internal);
        var topics = (await admin.ListTopicsAsync(cancellationToken))
            .Where(topic => withInternal || !topic.IsInternal)
            .ToList();
        session.Results.Show(
            topics.Select(topic => new { topic.Name, topic.Id, Partitions = topic.Partitions.Count, topic.IsInternal }),
            () => session.Results.Table(
                ["topic", "partitions#"],
                topics.Select(topic => new object?[] { topic.Name, topic.Partitions.Count })));
        return ExitCode.Success;
    }
}
