using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>One request being answered: its header, who sent it, and whether anybody still waits.</summary>
/// <param name="Closed">Cancelled when nobody waits for the reply any more.</param>
/// <param name="ThrottleTimeMs">How long the client has to wait because of this request.</param>
internal readonly record struct KafkaCall(
    RequestHeader Header, KafkaClient Client, CancellationToken Closed, int ThrottleTimeMs = 0)
{
    public short Version => Header.ApiVersion;

    /// <summary>Encodes the answer in the version of the question.</summary>
    /// <param name="response">The body.</param>
    /// <param name="records">Releases the records the response refers to; disposed once the reply is sent.</param>
    /// <param name="refusal">Ends the connection once the reply is sent, for this reason.</param>
    public KafkaReply Reply<TResponse>(TResponse response, IDisposable? records = null, string? refusal = null)
        where TResponse : IKafkaStruct<TResponse>
    {
        var writer = new KafkaWriter();
        new ResponseHeader(Header.CorrelationId).Write(writer, Header.ApiKey, Version);
        writer.WriteStruct(response, Version);
        var (head, following) = writer.Complete();
        return new KafkaReply(head, following, records is null ? writer : new Both(writer, records))
        {
            Refusal = refusal,
        };
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
