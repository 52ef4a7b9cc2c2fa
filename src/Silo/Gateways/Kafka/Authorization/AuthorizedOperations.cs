using OrleansStream.Contracts;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What a client may do to a resource, as Kafka's bit field of operations.</summary>
/// <remarks>Bits are operation codes: https://kafka.apache.org/documentation/#operations_in_kafka.</remarks>
internal static class AuthorizedOperations
{
    private static readonly AclOperation[] s_topic =
    [
        AclOperation.Read, AclOperation.Write, AclOperation.Create, AclOperation.Delete, AclOperation.Alter,
        AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
    ];

    private static readonly AclOperation[] s_group = [AclOperation.Read, AclOperation.Delete, AclOperation.Describe];

    private static readonly AclOperation[] s_cluster =
    [
        AclOperation.Create, AclOperation.Alter, AclOperation.Describe, AclOperation.ClusterAction,
        AclOperation.DescribeConfigs, AclOperation.AlterConfigs, AclOperation.IdempotentWrite,
    ];

    public static int OnTopic(Caller caller, string name) => Collect(caller, s_topic, AclResourceType.Topic, name);

    public static int OnGroup(Caller caller, string id) => Collect(caller, s_group, AclResourceType.Group, id);

    public static int OnCluster(Caller caller)
        => Collect(caller, s_cluster, AclResourceType.Cluster, AclBinding.ClusterName);

    private static int Collect(Caller caller, AclOperation[] operations, AclResourceType type, string name)
    {
        var bits = 0;
        foreach (var operation in operations)
        {
            bits |= caller.May(operation, type, name) ? 1 << (int)operation : 0;
        }

        return bits;
    }
}
