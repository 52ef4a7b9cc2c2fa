namespace OrleansStream.Protocols.Kafka;

/// <summary>A structure of the Kafka protocol: a request, a response, or an element of one.</summary>
/// <remarks>
/// <see cref="Read"/> and <see cref="Write"/> handle the fields only. In flexible versions every structure ends with
/// tagged fields; <see cref="KafkaReader.ReadStruct"/> and <see cref="KafkaWriter.WriteStruct"/> take care of those.
/// </remarks>
public interface IKafkaStruct<TSelf>
    where TSelf : IKafkaStruct<TSelf>
{
    /// <exception cref="ProtocolException">The bytes do not hold the structure.</exception>
    static abstract TSelf Read(ref KafkaReader reader, int version);

    void Write(KafkaWriter writer, int version);
}

/// <summary>A request, which knows its key and what answers it.</summary>
public interface IKafkaRequest<TSelf, TResponse> : IKafkaStruct<TSelf>
    where TSelf : IKafkaRequest<TSelf, TResponse>
    where TResponse : IKafkaStruct<TResponse>
{
    static abstract ApiKey ApiKey { get; }
}
