using System.CommandLine;
using OrleansStream.Client;
using OrleansStream.Contracts;

namespace OrleansStream.Cli.Groups;

/// <summary><c>ostream groups describe</c>: who reads what, how far, and how much is left.</summary>
internal sealed class DescribeGroup : Verb
{
    private readonly Argument<string> _group = new("GROUP") { Description = "The group's name." };

    public DescribeGroup()
        : base("describe", "Show a group's members, offsets and lag.")
        => Arguments.Add(_group);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var name = session.Parsed.GetValue(_group)!;
        await using var admin = session.Client.CreateAdmin();
        var group = await admin.Groups.DescribeAsync(name, cancellationToken);
        var lags = await admin.Groups.GetLagAsync(name, cancellationToken);
        if (group.State == GroupState.Dead && lags.Count == 0)
        {
            throw new CommandException(
                ExitCode.Refused, $"There is no group {name}; ostream groups list shows which there are.");
        }

        var readers = group.Members
            .SelectMany(member => member.Partitions, (member, partition) => (partition, member))
            .ToDictionary(entry => entry.partition, entry => entry.member);
        var committed = lags.ToDictionary(lag => lag.Partition);
        var rows = readers.Keys.Union(committed.Keys).Order().Select(partition =>
        {
            var lag = committed.GetValueOrDefault(partition);
            var member = readers.GetValueOrDefault(partition);
            return new PartitionRow(
                partition.Topic, partition.Partition, lag?.Committed, lag?.End, lag?.Lag, member?.MemberId,
                member?.ClientId, member?.ClientHost);
        }).ToList();
        session.Results.Show(
            new
            {
                Group = name,
                group.State,
                group.Protocol,
                Lag = lags.Sum(lag => lag.Lag),
                group.Members,
                Partitions = rows,
            },
            () => Print(session, group, rows));
        return ExitCode.Success;
    }

    private static void Print(Session session, GroupInfo group, List<PartitionRow> rows)
    {
        session.Results.Line(
            $"{group.GroupId}: {group.State}, {group.Members.Count} members, lag {rows.Sum(row => row.Lag ?? 0)}");
        session.Results.Table(
            ["topic", "partition#", "committed#", "end#", "lag#", "client", "host", "member"],
            rows.Select(row => new object?[]
            {
                row.Topic, row.Partition, row.Committed, row.End, row.Lag, row.Client, row.Host, row.Member,
            }));
    }

    /// <param name="Committed">Null where nothing was committed.</param>
    /// <param name="Member">Null where nobody reads.</param>
    private sealed record PartitionRow(
        string Topic,
        int Partition,
        long? Committed,
        long? End,
        long? Lag,
        string? Member,
        string? Client,
        string? Host);
}
