using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansStream.Client;

namespace OrleansStream.Cli.Diagnosis;

/// <summary>Whether every partition is served, and whether configurations agree with each other.</summary>
internal sealed class TopicsExamination(Admin admin, ClusterInfo cluster)
{
    // Whoever keeps records shorter than this loses them before a consumer that restarts comes back.
    private static readonly TimeSpan s_shortRetention = TimeSpan.FromMinutes(10);

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var topics = await admin.ListTopicsAsync(cancellationToken);
        var all = topics
            .SelectMany(topic => topic.Partitions, (topic, partition) => (topic.Name, Info: partition))
            .ToList();
        yield return Judge(
            "partitions",
            [.. all.Where(entry => entry.Info.LeaderId < 0).Select(entry => $"{entry.Name}-{entry.Info.Partition}")],
            $"All {all.Count} partitions of {topics.Count} topics have a leader.",
            Verdict.Broken,
            "have no leader and cannot be used; the server's log says why");
        yield return Judge(
            "replicas",
            [.. all.Where(entry => entry.Info.InSyncReplicas.Count < entry.Info.Replicas.Count)
                .Select(entry => $"{entry.Name}-{entry.Info.Partition}")],
            "Every replica is in sync.",
            Verdict.Warning,
            "have replicas that lag behind");

        var found = false;
        await foreach (var finding in FindConflictsAsync(topics, cancellationToken))
        {
            found = true;
            yield return finding;
        }

        if (!found)
        {
            yield return new("config", Verdict.Ok, "No configuration contradicts another.");
        }
    }

    private async IAsyncEnumerable<Finding> FindConflictsAsync(
        IReadOnlyList<TopicInfo> topics, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var frame = long.MaxValue;
        foreach (var node in cluster.Nodes)
        {
            var configs = await admin.Nodes.DescribeConfigsAsync(node.Id, cancellationToken);
            frame = Math.Min(frame, Number(configs, "socket.request.max.bytes") ?? long.MaxValue);
        }

        foreach (var topic in topics.Where(topic => !topic.IsInternal))
        {
            var configs = await admin.DescribeConfigsAsync(topic.Name, cancellationToken);
            if (Number(configs, "max.message.bytes") is { } batch && batch > frame)
            {
                yield return new("config", Verdict.Warning,
                    $"{topic.Name} takes batches of {batch} bytes, of which a server takes no more than {frame}: "
                    + "lower max.message.bytes.");
            }

            if (Number(configs, "retention.ms") is >= 0 and var kept && kept < s_shortRetention.TotalMilliseconds)
            {
                yield return new("config", Verdict.Warning,
                    $"{topic.Name} keeps records for {kept} ms only: a consumer that restarts may miss some.");
            }

            if (Number(configs, "min.insync.replicas") is { } least
                && topic.Partitions.Any(partition => partition.Replicas.Count < least))
            {
                yield return new("config", Verdict.Broken,
                    $"{topic.Name} wants {least} replicas in sync and has fewer: nothing can be written to it.");
            }
        }
    }

    private static Finding Judge(
        string subject, IReadOnlyList<string> bad, string whenGood, Verdict verdict, string whenBad)
    {
        const int Named = 3;
        var names = string.Join(", ", bad.Take(Named));
        return bad.Count == 0
            ? new(subject, Verdict.Ok, whenGood)
            : new(subject, verdict, $"{bad.Count} partitions {whenBad}: {names}{(bad.Count > Named ? ", …" : "")}.");
    }

    private static long? Number(IEnumerable<ConfigEntry> configs, string name)
        => long.TryParse(
            configs.FirstOrDefault(config => config.Name == name)?.Value, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
