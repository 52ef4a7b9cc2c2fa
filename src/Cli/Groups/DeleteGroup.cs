using System.CommandLine;

namespace OrleansStream.Cli.Groups;

/// <summary><c>ostream groups delete</c></summary>
internal sealed class DeleteGroup : Verb
{
    private readonly Argument<string[]> _groups = new("GROUP")
    {
        Description = "Groups without members, which are deleted with their offsets.",
        Arity = ArgumentArity.OneOrMore,
    };

    public DeleteGroup()
        : base("delete", "Delete groups and their offsets.")
        => Arguments.Add(_groups);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var groups = session.Parsed.GetValue(_groups)!;
        await using var admin = session.Client.CreateAdmin();
        foreach (var group in groups)
        {
            await admin.Groups.DeleteAsync(group, cancellationToken);
        }

        session.Results.Done(new { Deleted = groups }, $"Deleted {string.Join(", ", groups)}.");
        return ExitCode.Success;
    }
}
