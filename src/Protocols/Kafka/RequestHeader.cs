namespace OrleansStream.Protocols.Kafka;

/// <summary>What precedes the body of every request.</summary>
/// <remarks>
/// <code>
/// int16   API key
/// int16   API version
/// int32   correlation id, repeated in the response
/// string  client id, nullable; never compact
/// tags    from the first flexible version of the API on
/// </code>
/// See https://kafka.apache.org/protocol#protocol_messages, header versions 1 and 2.
/// </remarks>
public readonly record struct RequestHeader(ApiKey ApiKey, short ApiVersion, int CorrelationId, string? ClientId)
{
    /// <summary>Reads the header and prepares the reader for the body of that version.</summary>
    /// <exception cref="ProtocolException">The API is not in the table, or the bytes hold no header.</exception>
    public static RequestHeader Read(ref KafkaReader reader)
    {
        var key = (ApiKey)reader.ReadInt16();
        var version = reader.ReadInt16();
        if (ApiVersions.Find(key) is not { } support)
        {
            throw new ProtocolException($"API key {key} in version {version} is not served.");
        }

        var header = new RequestHeader(key, version, reader.ReadInt32(), reader.ReadNullableString());
        reader.Flexible = support.IsFlexible(version);
        reader.SkipTaggedFields();
        return header;
    }

    /// <summary>Writes the header and prepares the writer for the body of that version.</summary>
    public void Write(KafkaWriter writer)
    {
        writer.Flexible = false;
        writer.WriteInt16((short)ApiKey);
        writer.WriteInt16(ApiVersion);
        writer.WriteInt32(CorrelationId);
        writer.WriteString(ClientId);
        writer.Flexible = ApiVersions.Get(ApiKey).IsFlexible(ApiVersion);
        writer.WriteNoTaggedFields();
    }
}
