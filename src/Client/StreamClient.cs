using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Client.Connections;
using OrleansStream.Client.InProcess;
using OrleansStream.Contracts;

namespace OrleansStream.Client;

/// <summary>The way to a cluster: makes producers, consumers and admins, each with connections of its own.</summary>
/// <remarks>
/// Connects to nothing by itself: whether the cluster is there shows when something is sent or read. Thread-safe. It
/// holds nothing that has to be disposed; what it makes does.
/// </remarks>
public sealed class StreamClient
{
    private readonly Func<IBrokers> _openBrokers;
    private readonly StreamClientOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;

    private StreamClient(
        Func<IBrokers> openBrokers, StreamClientOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _openBrokers = openBrokers;
        _options = options;
        _loggers = loggers;
        _time = time;
    }

    /// <summary>The way to servers that speak the Kafka protocol.</summary>
    /// <param name="bootstrapServers">Hosts and ports, separated by commas.</param>
    public static StreamClient Connect(string bootstrapServers)
        => Connect(new StreamClientOptions { BootstrapServers = bootstrapServers });

    /// <summary>The way to servers that speak the Kafka protocol.</summary>
    /// <param name="loggers">Null for no logs.</param>
    /// <param name="time">Null for the system's clock.</param>
    /// <exception cref="ArgumentException">The options do not name servers.</exception>
    public static StreamClient Connect(
        StreamClientOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        var (logs, clock) = (loggers ?? NullLoggerFactory.Instance, time ?? TimeProvider.System);
        return new StreamClient(
            () => new KafkaBrokers(options, clock, logs.CreateLogger<StreamClient>()), options, logs, clock);
    }

    /// <summary>
    /// The way to a cluster in this process, without a server: nothing is encoded, and nothing copied twice.
    /// </summary>
    /// <param name="cluster">Stays whoever's it is; what is made here is to be disposed before it.</param>
    /// <param name="options">Null for the defaults; what is about connections does not matter.</param>
    public static StreamClient Over(
        ICluster cluster,
        StreamClientOptions? options = null,
        ILoggerFactory? loggers = null,
        TimeProvider? time = null)
    {
        var chosen = options ?? new StreamClientOptions();
        return new StreamClient(
            () => new ClusterBrokers(cluster, chosen.ClientId),
            chosen,
            loggers ?? NullLoggerFactory.Instance,
            time ?? TimeProvider.System);
    }

    /// <summary>A producer; whoever asks for it disposes it.</summary>
    public Producer CreateProducer(ProducerOptions? options = null)
        => new(OpenLink(_options.AutoCreateTopics), options ?? new ProducerOptions());

    /// <summary>A consumer; whoever asks for it disposes it.</summary>
    public Consumer CreateConsumer(ConsumerOptions? options = null)
        => new(OpenLink(), options ?? new ConsumerOptions());

    /// <summary>An admin; whoever asks for it disposes it.</summary>
    public Admin CreateAdmin() => new(OpenLink());

    private ClientLink OpenLink(bool createsTopics = false)
        => new(_openBrokers(), _options, _time, _loggers) { CreatesTopics = createsTopics };
}
