using System.CommandLine;

namespace OrleansStream.Cli.Topics;

/// <summary><c>ostream topics delete</c></summary>
internal sealed class DeleteTopic : Verb
{
    private readonly Argument<string[]> _topics = new("TOPIC")
    {
        Description = "The topics, which are deleted with all their records at once.",
        Arity = ArgumentArity.OneOrMore,
    };

    public DeleteTopic()
        : base("delete", "Delete topics and their records.")
        => Arguments.Add(_topics);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var topics = session.Parsed.GetValue(_topics)!;
        await using var admin = session.Client.CreateAdmin();
        foreach (var topic in topics)
        {
            await admin.DeleteTopicAsync(topic, cancellationToken);
        }

        session.Results.Done(new { Deleted = topics }, $"Deleted {string.Join(", ", topics)}.");
        return ExitCode.Success;
    }
}
