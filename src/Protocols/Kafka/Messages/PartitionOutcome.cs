namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Whether something was done with one partition, and a sentence about it.</summary>
public readonly record struct PartitionOutcome(int Index, ErrorCode Error, string? ErrorMessage)
    : IKafkaStruct<PartitionOutcome>
{
    public static PartitionOutcome Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadErrorCode(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
    }
}
