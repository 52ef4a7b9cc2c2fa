using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Connections;

/// <summary>What a request shares its connection with: a request that waits must not hold up the others.</summary>
internal enum Lane
{
    /// <summary>Requests that are answered at once.</summary>
    Control,

    /// <summary>Records on their way in or out.</summary>
    Data,

    /// <summary>Joining, where the answer waits for other members.</summary>
    Group,
}

/// <summary>An answer, and the memory its byte fields lie in.</summary>
/// <param name="Memory">Null when nothing has to be given back.</param>
internal readonly record struct Reply<TResponse>(TResponse Message, IDisposable? Memory);

/// <summary>
/// Whoever answers the requests of the Kafka protocol: servers at the other end of connections, or a cluster in this
/// process. All else in this library is written once, above it.
/// </summary>
/// <remarks>
/// No answer is a <see cref="StreamException"/> that is transient: whether the request was carried out is unknown.
/// Byte fields of a request are read before the first await, or not beyond the answer. Thread-safe.
/// </remarks>
internal interface IBrokers : IAsyncDisposable
{
    /// <summary>Stands for whichever node can be reached.</summary>
    const int AnyNode = -1;

    /// <param name="timeout">How long the answer may take, beyond what it takes to connect.</param>
    ValueTask<Reply<TResponse>> SendAsync<TRequest, TResponse>(
        int node,
        Lane lane,
        IKafkaRequest<TRequest, TResponse> request,
        TimeSpan timeout,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>;

    /// <summary>Where nodes are that requests may name from now on.</summary>
    void Learn(IReadOnlyList<MetadataNode> nodes);
}
