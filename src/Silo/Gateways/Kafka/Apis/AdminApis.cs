namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What answers requests about topics and what they are made of.</summary>
internal sealed record AdminApis(
    TopicsApi Topics,
    TopicPartitionsApi TopicPartitions,
    ConfigsApi Configs,
    LogDirsApi LogDirs,
    ReplicasApi Replicas,
    QuotasApi Quotas);
