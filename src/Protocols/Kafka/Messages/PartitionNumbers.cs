namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Partitions of one topic, by their numbers only; several APIs share this shape.</summary>
public readonly record struct PartitionNumbers(string Topic, IReadOnlyList<int> Partitions)
    : IKafkaStruct<PartitionNumbers>
{
    public static PartitionNumbers Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Topic);
        writer.WriteInt32Array(Partitions);
    }
}
