using System.CommandLine;
using System.Runtime.CompilerServices;
using OrleansStream.Client;

namespace OrleansStream.Cli.Diagnosis;

/// <summary><c>ostream doctor</c>: examines a cluster and says what is wrong with it, in a sentence each.</summary>
internal sealed class Doctor : Verb
{
    private readonly Option<bool> _readOnly = new("--read-only")
    {
        Description = "Write nothing: leaves out the round trip of a record, and the clock, which takes it.",
    };

    public Doctor()
        : base("doctor", "Say what is wrong with a cluster.")
        => Options.Add(_readOnly);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        await foreach (var finding in ExamineAsync(session, cancellationToken))
        {
            findings.Add(finding);
            if (!session.Results.IsJson)
            {
                session.Results.Line($"{MarkOf(finding.Verdict)} {finding.Subject}: {finding.Sentence}");
            }
        }

        var isHealthy = findings.All(finding => finding.Verdict != Verdict.Broken);
        session.Results.Show(
            new { Healthy = isHealthy, Findings = findings },
            () => session.Results.Line(isHealthy ? "Nothing is broken." : "Something is broken."));
        return isHealthy ? ExitCode.Success : ExitCode.Failure;
    }

    private async IAsyncEnumerable<Finding> ExamineAsync(
        Session session,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        var (cluster, finding) = await FindClusterAsync(session, admin, cancellationToken);
        yield return finding;
        if (cluster is null)
        {
            yield break;
        }

        foreach (var node in cluster.Nodes)
        {
            var examination = new NodeExamination(session, admin, node);
            await foreach (var found in examination.RunAsync(cancellationToken))
            {
                yield return found;
            }
        }

        await foreach (var found in new TopicsExamination(admin, cluster).RunAsync(cancellationToken))
        {
            yield return found;
        }

        if (!session.Parsed.GetValue(_readOnly))
        {
            await foreach (var found in new RoundTrip(session, admin).RunAsync(cancellationToken))
            {
                yield return found;
            }
        }
    }

    private static async Task<(ClusterInfo?, Finding)> FindClusterAsync(
        Session session, Admin admin, CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await admin.DescribeClusterAsync(cancellationToken);
            return (cluster, new Finding("connection", Verdict.Ok,
                $"{session.Options.BootstrapServers} answers for cluster {cluster.ClusterId ?? "without a name"} "
                + $"with {cluster.Nodes.Count} {(cluster.Nodes.Count == 1 ? "node" : "nodes")}."));
        }
        catch (StreamException e)
        {
            var reason = Failure.Explain(e, session.Options.BootstrapServers)!.Message;
            return (null, new Finding("connection", Verdict.Broken, reason));
        }
    }

    private static string MarkOf(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok     ",
        Verdict.Unknown => "unknown",
        Verdict.Warning => "warning",
        _ => "BROKEN ",
    };
}
