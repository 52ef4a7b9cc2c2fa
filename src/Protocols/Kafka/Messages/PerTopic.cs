namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>What a request or response says of the partitions of one topic; many APIs share this shape.</summary>
public readonly record struct PerTopic<TPartition>(string Name, IReadOnlyList<TPartition> Partitions)
    : IKafkaStruct<PerTopic<TPartition>>
    where TPartition : IKafkaStruct<TPartition>
{
    static PerTopic<TPartition> IKafkaStruct<PerTopic<TPartition>>.Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadArray<TPartition>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteArray(Partitions, version);
    }
}
