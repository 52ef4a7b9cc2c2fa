using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Tells how much the partitions take that this node hosts.</summary>
internal sealed class LogDirsApi(ICluster cluster, AccessControl control, StorageVolume volume)
{
    /// <summary>Stands for the storage, whose place the gateway does not know.</summary>
    private const string Storage = "storage";

    public async ValueTask<DescribeLogDirsResponse> DescribeAsync(DescribeLogDirsRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToCluster())
        {
            return new DescribeLogDirsResponse(ErrorCode.ClusterAuthorizationFailed, []);
        }

        var wanted = request.Topics?.ToLookup(topic => topic.Topic, topic => topic.Partitions);
        var description = await cluster.DescribeAsync(call.Closed);
        var topics = new List<PerTopic<DescribedLog>>();
        foreach (var topic in await cluster.Topics.ListAsync(call.Closed))
        {
            if (wanted?.Contains(topic.Name) == false)
            {
                continue;
            }

            var indexes = wanted?[topic.Name].SelectMany(partitions => partitions).ToHashSet();
            var logs = new List<DescribedLog>();
            foreach (var location in await cluster.LocateAsync(topic.Id, call.Closed))
            {
                if (location.NodeId == description.NodeId && indexes?.Contains(location.Partition) != false)
                {
                    await DescribeAsync(new(topic.Id, location.Partition), logs, call.Closed);
                }
            }

            topics.Add(new(topic.Name, logs));
        }

        var (totalBytes, usableBytes) = volume.Measure();
        return new DescribeLogDirsResponse(
            ErrorCode.None, [new DescribedLogDir(ErrorCode.None, Storage, topics, totalBytes, usableBytes)]);
    }

    // A partition that cannot be asked is left out, as one is in Kafka that just went away.
    private async ValueTask DescribeAsync(PartitionId id, List<DescribedLog> logs, CancellationToken closed)
    {
        var status = await cluster.GetPartition(id).GetStatusAsync(closed);
        if (status.Error == StreamError.None)
        {
            logs.Add(new DescribedLog(id.Partition, status.SizeBytes, OffsetLag: 0));
        }
    }
}
