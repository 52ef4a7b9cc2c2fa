using OrleansStream.Protocols;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Answers the requests of Kafka clients, whatever connection they come from.</summary>
/// <remarks>
/// A connection's read loop calls <see cref="StartAsync"/> for one request after the other, without waiting for the
/// replies in between. What must happen in request order, such as giving appends their place in the log, is therefore
/// started before the first await.
/// </remarks>
internal interface IKafkaRequestRouter
{
    /// <summary>Starts a request. Its reply is written when those of all requests before it have been.</summary>
    /// <param name="frame">
    /// The request without its length prefix. The router owns it from here on, also when it throws: it disposes it
    /// once nothing reads it any more, or abandons it when something still may.
    /// </param>
    /// <param name="client">Who asks: the same object for all requests of a connection.</param>
    /// <param name="closed">Cancelled when nobody waits for the reply any more.</param>
    /// <exception cref="ProtocolException">
    /// Thrown or, better, in the task: the connection is closed once the replies before this one are written.
    /// </exception>
    Task<KafkaReply> StartAsync(PooledBuffer frame, KafkaClient client, CancellationToken closed);
}
