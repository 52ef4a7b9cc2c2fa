using System.CommandLine;
using OrleansStream.Client;

namespace OrleansStream.Cli.Topics;

/// <summary><c>ostream topics describe</c></summary>
internal sealed class DescribeTopic : Verb
{
    private readonly Argument<string> _topic = TopicArguments.CreateTopic();
    private readonly Option<bool> _all = new("--all")
    {
        Description = "Also the configurations that nobody changed.",
    };

    public DescribeTopic()
        : base("describe", "Show a topic's partitions and configuration.")
    {
        Arguments.Add(_topic);
        Options.Add(_all);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var name = session.Parsed.GetValue(_topic)!;
        await using var admin = session.Client.CreateAdmin();
        var topic = await admin.DescribeTopicAsync(name, cancellationToken);
        var all = topic.Partitions.Select(partition => new TopicPartition(name, partition.Partition)).ToList();
        var starts = await admin.FindOffsetsAsync(all, OffsetPoint.Earliest, cancellationToken);
        var ends = await admin.FindOffsetsAsync(all, OffsetPoint.Latest, cancellationToken);
        var withDefaults = session.Parsed.GetValue(_all);
        var configs = (await admin.DescribeConfigsAsync(name, cancellationToken))
            .Where(config => withDefaults || !config.IsDefault)
            .OrderBy(config => config.Name, StringComparer.Ordinal)
            .ToList();
        var partitions = topic.Partitions.Select(partition =>
        {
            var key = new TopicPartition(name, partition.Partition);
            return new
            {
                partition.Partition,
                Leader = partition.LeaderId,
                Start = starts[key],
                End = ends[key],
                Records = ends[key] - starts[key],
                partition.Replicas,
                partition.InSyncReplicas,
            };
        }).ToList();

        session.Results.Show(
            new { topic.Name, topic.Id, topic.IsInternal, Partitions = partitions, Configs = configs },
            () =>
            {
                session.Results.Line($"{name}: {partitions.Count} partitions, "
                    + $"{partitions.Sum(partition => partition.Records)} records, id {topic.Id}");
                session.Results.Table(
                    ["partition#", "leader#", "start#", "end#", "records#"],
                    partitions.Select(partition => new object?[]
                    {
                        partition.Partition, partition.Leader, partition.Start, partition.End, partition.Records,
                    }));
                if (configs.Count > 0)
                {
                    session.Results.Table(
                        ["configuration", "value", "from"],
                        configs.Select(config => new object?[]
                        {
                            config.Name, config.Value, config.IsDefault ? "default" : "topic",
                        }));
                }
            });
        return ExitCode.Success;
    }
}
