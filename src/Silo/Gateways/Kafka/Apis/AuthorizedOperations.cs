namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What a client may do, as Kafka's bit fields of ACL operations: everything there is.</summary>
/// <remarks>Bits are operation codes: https://kafka.apache.org/documentation/#operations_in_kafka.</remarks>
internal static class AuthorizedOperations
{
    public const int Topic =
        (1 << Read) | (1 << Write) | (1 << Create) | (1 << Delete) | (1 << Alter) | (1 << Describe)
        | (1 << DescribeConfigs) | (1 << AlterConfigs);

    public const int Cluster =
        (1 << Create) | (1 << Alter) | (1 << Describe) | (1 << ClusterAction) | (1 << DescribeConfigs)
        | (1 << AlterConfigs) | (1 << IdempotentWrite);

    public const int Group = (1 << Read) | (1 << Delete) | (1 << Describe);

    private const int Read = 3;
    private const int Write = 4;
    private const int Create = 5;
    private const int Delete = 6;
    private const int Alter = 7;
    private const int Describe = 8;
    private const int ClusterAction = 9;
    private const int DescribeConfigs = 10;
    private const int AlterConfigs = 11;
    private const int IdempotentWrite = 12;
}
