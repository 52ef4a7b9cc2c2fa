using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.TestKit.Clients;

/// <summary>Changes topics over a connection and asks about them, one thing at a time.</summary>
/// <remarks>
/// Every method fails with <see cref="KafkaRefusedException"/> when the silo refuses, and with
/// <see cref="IOException"/> when it is gone: then nobody knows whether the change was made.
/// </remarks>
public static class KafkaAdmin
{
    private const int TimeoutMs = 30_000;
    private const short CreateTopicsVersion = 7;
    private const short DeleteTopicsVersion = 6;
    private const short CreatePartitionsVersion = 3;
    private const short AlterConfigsVersion = 1;
    private const short DescribeConfigsVersion = 4;
    private const short DeleteRecordsVersion = 2;
    private const short MetadataVersion = 12;
    private const short ListOffsetsVersion = 7;
    private const short EpochEndVersion = 4;
    private const short InitProducerIdVersion = 4;

    // What ListOffsets wants for the start of the log.
    private const long EarliestTimestamp = -2;

    /// <summary>Returns the new topic's id.</summary>
    public static async Task<Guid> CreateTopicAsync(
        this KafkaConnection connection, string name, int partitionCount, IReadOnlyDictionary<string, string> configs)
    {
        var topic = new CreatableTopic(
            name, partitionCount, ReplicationFactor: -1, Assignments: [],
            [.. configs.Select(config => new CreatableConfig(config.Key, config.Value))]);
        var response = await connection.SendAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new([topic], TimeoutMs, ValidateOnly: false), CreateTopicsVersion);
        var created = response.Topics[0];
        KafkaRefusedException.ThrowIf(created.Error, $"Creating {name}", created.ErrorMessage);
        return created.Id;
    }

    public static async Task DeleteTopicAsync(this KafkaConnection connection, string name)
    {
        var response = await connection.SendAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
            new([new DeletableTopic(name)], TimeoutMs), DeleteTopicsVersion);
        KafkaRefusedException.ThrowIf(response.Topics[0].Error, $"Deleting {name}", response.Topics[0].ErrorMessage);
    }

    public static async Task AddPartitionsAsync(this KafkaConnection connection, string name, int partitionCount)
    {
        var response = await connection.SendAsync<CreatePartitionsRequest, CreatePartitionsResponse>(
            new([new GrowingTopic(name, partitionCount, Assignments: null)], TimeoutMs, ValidateOnly: false),
            CreatePartitionsVersion);
        KafkaRefusedException.ThrowIf(response.Topics[0].Error, $"Growing {name}", response.Topics[0].ErrorMessage);
    }

    public static async Task SetConfigAsync(this KafkaConnection connection, string name, string config, string value)
    {
        var change = new AlterableConfig(config, ConfigOperation.Set, value);
        var response = await connection.SendAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
            new([new AlterableResource(ConfigResourceType.Topic, name, [change])], ValidateOnly: false),
            AlterConfigsVersion);
        var altered = response.Resources[0];
        KafkaRefusedException.ThrowIf(altered.Error, $"Setting {config} of {name}", altered.ErrorMessage);
    }

    /// <summary>What was set for the topic itself.</summary>
    public static async Task<Dictionary<string, string?>> ReadConfigsAsync(this KafkaConnection connection, string name)
    {
        var response = await connection.SendAsync<DescribeConfigsRequest, DescribeConfigsResponse>(
            new([new DescribeConfigsResource(ConfigResourceType.Topic, name, ConfigNames: null)]),
            DescribeConfigsVersion);
        var described = response.Resources[0];
        KafkaRefusedException.ThrowIf(described.Error, $"Configurations of {name}", described.ErrorMessage);
        return described.Configs
            .Where(config => config.Source == ConfigSource.DynamicTopic)
            .ToDictionary(config => config.Name, config => config.Value);
    }

    /// <summary>Returns the log start afterwards.</summary>
    /// <param name="beforeOffset">-1 for everything.</param>
    public static async Task<long> DeleteRecordsAsync(
        this KafkaConnection connection, string topic, int partition, long beforeOffset)
    {
        var response = await connection.SendAsync<DeleteRecordsRequest, DeleteRecordsResponse>(
            new([new(topic, [new DeleteRecordsPartition(partition, beforeOffset)])], TimeoutMs), DeleteRecordsVersion);
        var deleted = response.Topics[0].Partitions[0];
        KafkaRefusedException.ThrowIf(deleted.Error, $"Deleting {topic}-{partition} before {beforeOffset}");
        return deleted.LowWatermark;
    }

    /// <summary>All topics there are; none is created by asking.</summary>
    public static async Task<IReadOnlyList<MetadataTopic>> ListTopicsAsync(this KafkaConnection connection)
    {
        var response = await connection.SendAsync<MetadataRequest, MetadataResponse>(
            new(Topics: null, AllowAutoTopicCreation: false), MetadataVersion);
        return response.Topics;
    }

    /// <summary>What is known of a topic by its id alone, its error included.</summary>
    public static async Task<MetadataTopic> FindTopicAsync(this KafkaConnection connection, Guid id)
    {
        var response = await connection.SendAsync<MetadataRequest, MetadataResponse>(
            new([new MetadataRequestTopic(null, id)], AllowAutoTopicCreation: false), MetadataVersion);
        return response.Topics[0];
    }

    public static async Task<long> FindLogStartAsync(this KafkaConnection connection, string topic, int partition)
    {
        var question = new ListOffsetsPartition(partition, CurrentLeaderEpoch: -1, EarliestTimestamp);
        var response = await connection.SendAsync<ListOffsetsRequest, ListOffsetsResponse>(
            new(ReplicaId: -1, IsolationLevel: 0, [new(topic, [question])]), ListOffsetsVersion);
        var listed = response.Topics[0].Partitions[0];
        KafkaRefusedException.ThrowIf(listed.Error, $"Log start of {topic}-{partition}");
        return listed.Offset;
    }

    /// <summary>The offset after an epoch's last record: clients ask for it to find out what was lost.</summary>
    public static async Task<long> FindEpochEndAsync(
        this KafkaConnection connection, string topic, int partition, int epoch)
    {
        var question = new EpochQuestion(partition, CurrentLeaderEpoch: -1, epoch);
        var response = await connection.SendAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(
            new(ReplicaId: -1, [new(topic, [question])]), EpochEndVersion);
        var end = response.Topics[0].Partitions[0];
        KafkaRefusedException.ThrowIf(end.Error, $"End of epoch {epoch} of {topic}-{partition}");
        return end.EndOffset;
    }

    public static async Task<long> AllocateProducerIdAsync(
        this KafkaConnection connection, CancellationToken cancellationToken = default)
    {
        var response = await connection.SendAsync<InitProducerIdRequest, InitProducerIdResponse>(
            new(TransactionalId: null, TransactionTimeoutMs: 0), InitProducerIdVersion, cancellationToken);
        KafkaRefusedException.ThrowIf(response.Error, "A producer id");
        return response.ProducerId;
    }
}
