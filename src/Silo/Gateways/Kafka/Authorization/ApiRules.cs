using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What somebody must be allowed to do to the resources that a request of one API is about.</summary>
/// <remarks>Null where the API is about no such resource.</remarks>
internal sealed record ApiRule(
    AclOperation? Topic = null, AclOperation? Group = null, AclOperation? Cluster = null)
{
    /// <summary>For APIs that tell nothing but what every client has to know.</summary>
    public static ApiRule Open { get; } = new();
}

/// <summary>The one table of what each API takes, as in Kafka.</summary>
/// <remarks>
/// See https://kafka.apache.org/documentation/#operations_resources_and_protocols. Beyond it: topics can also be
/// created by whoever may create a topic of that name, producer ids be had by whoever may write to any topic, and
/// groups be listed by whoever may see them. Metadata creates a missing topic under the rule of CreateTopics.
/// </remarks>
internal static class ApiRules
{
    private static readonly Dictionary<ApiKey, ApiRule> s_rules = new()
    {
        [ApiKey.ApiVersions] = ApiRule.Open,
        [ApiKey.SaslHandshake] = ApiRule.Open,
        [ApiKey.SaslAuthenticate] = ApiRule.Open,
        [ApiKey.DescribeCluster] = ApiRule.Open,

        [ApiKey.Produce] = new(Topic: AclOperation.Write),
        [ApiKey.Fetch] = new(Topic: AclOperation.Read),
        [ApiKey.InitProducerId] = new(Cluster: AclOperation.IdempotentWrite),
        [ApiKey.ListOffsets] = new(Topic: AclOperation.Describe),
        [ApiKey.OffsetForLeaderEpoch] = new(Topic: AclOperation.Describe),

        [ApiKey.Metadata] = new(Topic: AclOperation.Describe),
        [ApiKey.DescribeTopicPartitions] = new(Topic: AclOperation.Describe),
        [ApiKey.CreateTopics] = new(Topic: AclOperation.Create, Cluster: AclOperation.Create),
        [ApiKey.DeleteTopics] = new(Topic: AclOperation.Delete),
        [ApiKey.CreatePartitions] = new(Topic: AclOperation.Alter),
        [ApiKey.DeleteRecords] = new(Topic: AclOperation.Delete),
        [ApiKey.DescribeConfigs] = new(Topic: AclOperation.DescribeConfigs, Cluster: AclOperation.DescribeConfigs),
        [ApiKey.AlterConfigs] = new(Topic: AclOperation.AlterConfigs, Cluster: AclOperation.AlterConfigs),
        [ApiKey.IncrementalAlterConfigs] = new(Topic: AclOperation.AlterConfigs, Cluster: AclOperation.AlterConfigs),

        [ApiKey.FindCoordinator] = new(Group: AclOperation.Describe),
        [ApiKey.JoinGroup] = new(Group: AclOperation.Read),
        [ApiKey.SyncGroup] = new(Group: AclOperation.Read),
        [ApiKey.Heartbeat] = new(Group: AclOperation.Read),
        [ApiKey.LeaveGroup] = new(Group: AclOperation.Read),
        [ApiKey.OffsetCommit] = new(Topic: AclOperation.Read, Group: AclOperation.Read),
        [ApiKey.OffsetFetch] = new(Topic: AclOperation.Describe, Group: AclOperation.Describe),
        [ApiKey.OffsetDelete] = new(Topic: AclOperation.Read, Group: AclOperation.Delete),
        [ApiKey.DescribeGroups] = new(Group: AclOperation.Describe),
        [ApiKey.ListGroups] = new(Group: AclOperation.Describe, Cluster: AclOperation.Describe),
        [ApiKey.DeleteGroups] = new(Group: AclOperation.Delete),

        [ApiKey.DescribeLogDirs] = new(Cluster: AclOperation.Describe),
        [ApiKey.ElectLeaders] = new(Cluster: AclOperation.Alter),
        [ApiKey.AlterPartitionReassignments] = new(Cluster: AclOperation.Alter),
        [ApiKey.ListPartitionReassignments] = new(Cluster: AclOperation.Describe),
        [ApiKey.DescribeClientQuotas] = new(Cluster: AclOperation.DescribeConfigs),
        [ApiKey.AlterClientQuotas] = new(Cluster: AclOperation.AlterConfigs),

        [ApiKey.DescribeAcls] = new(Cluster: AclOperation.Describe),
        [ApiKey.CreateAcls] = new(Cluster: AclOperation.Alter),
        [ApiKey.DeleteAcls] = new(Cluster: AclOperation.Alter),
        [ApiKey.DescribeUserScramCredentials] = new(Cluster: AclOperation.Describe),
        [ApiKey.AlterUserScramCredentials] = new(Cluster: AclOperation.Alter),
    };

    /// <exception cref="KeyNotFoundException">Nobody has said what the API takes.</exception>
    public static ApiRule Of(ApiKey key) => s_rules[key];
}
