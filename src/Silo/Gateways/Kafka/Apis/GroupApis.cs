namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What answers requests about groups.</summary>
internal sealed record GroupApis(GroupsApi Members, GroupOffsetsApi Offsets, GroupAdminApi Admin);
