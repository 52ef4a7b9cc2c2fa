using System.CommandLine;
using OrleansStream.Client;

namespace OrleansStream.Cli;

/// <summary><c>ostream topics delete</c> and <c>ostream groups delete</c></summary>
internal sealed class Delete : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Func<Admin, string, CancellationToken, Task> _delete;

    private Delete(
        string description, Argument<string[]> names, Func<Admin, string, CancellationToken, Task> delete)
        : base("delete", description)
    {
        _names = names;
        _delete = delete;
        names.Arity = ArgumentArity.OneOrMore;
        Arguments.Add(names);
    }

    public static Delete Topics() => new(
        "Delete topics and their records.",
        new("TOPIC") { Description = "The topics, which are deleted with all their records at once." },
        (admin, topic, cancellationToken) => admin.DeleteTopicAsync(topic, cancellationToken));

    public static Delete Groups() => new(
        "Delete groups and their offsets.",
        new("GROUP") { Description = "Groups without members, which are deleted with their offsets." },
        (admin, group, cancellationToken) => admin.Groups.DeleteAsync(group, cancellationToken));

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var names = session.Parsed.GetValue(_names)!;
        await using var admin = session.Client.CreateAdmin();
        foreach (var name in names)
        {
            await _delete(admin, name, cancellationToken);
        }

        session.Results.Done(new { Deleted = names }, $"Deleted {string.Join(", ", names)}.");
        return ExitCode.Success;
    }
}
