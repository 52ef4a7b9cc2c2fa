namespace OrleansStream.Cli.Groups;

/// <summary><c>ostream groups list</c></summary>
internal sealed class ListGroups() : Verb("list", "List the groups.")
{
    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        var groups = await admin.Groups.ListAsync(cancellationToken);
        session.Results.Show(
            groups,
            () => session.Results.Table(
                ["group", "state", "kind"],
                groups.Select(group => new object?[] { group.GroupId, group.State, group.ProtocolType })));
        return ExitCode.Success;
    }
}
