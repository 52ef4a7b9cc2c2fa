namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Whether something was done with one partition, where there is nothing more to say.</summary>
public readonly record struct PartitionError(int Index, ErrorCode Error) : IKafkaStruct<PartitionError>
{
    public static PartitionError Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteErrorCode(Error);
    }
}
