namespace OrleansStream.Protocols.Kafka;

/// <summary>What precedes the body of every response.</summary>
/// <remarks>
/// <code>
/// int32   correlation id of the request
/// tags    from the first flexible version of the API on, but never in an ApiVersions response: whoever asks for
///         the versions cannot know yet which header the answer has
/// </code>
/// See https://kafka.apache.org/protocol#protocol_messages, header versions 0 and 1.
/// </remarks>
public readonly record struct ResponseHeader(int CorrelationId)
{
    /// <summary>Reads the header and prepares the reader for the body of that version.</summary>
    /// <exception cref="ProtocolException">The bytes hold no header.</exception>
    public static ResponseHeader Read(ref KafkaReader reader, ApiKey apiKey, int version)
    {
        var header = new ResponseHeader(reader.ReadInt32());
        reader.Flexible = ApiVersions.Get(apiKey).IsFlexible(version);
        if (apiKey != ApiKey.ApiVersions)
        {
            reader.SkipTaggedFields();
        }

        return header;
    }

    /// <summary>Writes the header and prepares the writer for the body of that version.</summary>
    public void Write(KafkaWriter writer, ApiKey apiKey, int version)
    {
        writer.WriteInt32(CorrelationId);
        writer.Flexible = ApiVersions.Get(apiKey).IsFlexible(version);
        if (apiKey != ApiKey.ApiVersions)
        {
            writer.WriteNoTaggedFields();
        }
    }
}
