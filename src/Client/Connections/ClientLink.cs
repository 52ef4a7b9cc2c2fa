using Microsoft.Extensions.Logging;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Connections;

/// <summary>What a producer, a consumer or an admin has of its own: connections, and what is known of topics.</summary>
internal sealed class ClientLink : IAsyncDisposable
{
    public ClientLink(IBrokers brokers, StreamClientOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Brokers = brokers;
        Options = options;
        Time = time;
        Loggers = loggers;
        Topics = new TopicCache(this);
    }

    public IBrokers Brokers { get; }

    public StreamClientOptions Options { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory Loggers { get; }

    public TopicCache Topics { get; }

    /// <summary>Whether topics that do not exist are created when something is to be done with them.</summary>
    public bool CreatesTopics { get; init; }

    /// <summary>Sends one request and gives its memory back: for answers without byte fields.</summary>
    public async ValueTask<TResponse> CallAsync<TRequest, TResponse>(
        int node, Lane lane, IKafkaRequest<TRequest, TResponse> request, CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
        => await CallAsync(node, lane, request, Options.RequestTimeout, cancellationToken).ConfigureAwait(false);

    public async ValueTask<TResponse> CallAsync<TRequest, TResponse>(
        int node,
        Lane lane,
        IKafkaRequest<TRequest, TResponse> request,
        TimeSpan timeout,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        var reply = await Brokers.SendAsync(node, lane, request, timeout, cancellationToken).ConfigureAwait(false);
        reply.Memory?.Dispose();
        return reply.Message;
    }

    /// <summary>
    /// Repeats what fails for a passing reason, until <see cref="StreamClientOptions.CallTimeout"/>. That a topic does
    /// not exist is an answer here.
    /// </summary>
    /// <param name="alsoPasses">What passes too, in this call.</param>
    public async Task<T> RetryAsync<T>(
        Func<Task<T>> attempt, CancellationToken cancellationToken, ErrorCode alsoPasses = ErrorCode.None)
    {
        var backoff = new Backoff(Options, Time);
        var start = Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (StreamException e) when (
                ((e.IsTransient && e.Error != ErrorCode.UnknownTopicOrPartition) || e.Error == alsoPasses)
                && Time.GetElapsedTime(start) < Options.CallTimeout)
            {
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync() => Brokers.DisposeAsync();
}
