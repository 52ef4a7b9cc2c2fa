using Microsoft.Extensions.Logging;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Connections;

/// <summary>Servers at the other end of connections, which are opened when they are first needed.</summary>
/// <remarks>
/// One connection per server and lane. Whoever needs one that cannot be opened is told so, after a pause that grows
/// with every failure; what is tried again, and how long, is the caller's decision. Thread-safe.
/// </remarks>
internal sealed partial class KafkaBrokers : IBrokers
{
    private readonly StreamClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KafkaConnector _connector;
    private readonly string[] _bootstrap;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Address, Lane Lane), Slot> _slots = [];
    private readonly Dictionary<int, string> _nodes = [];
    private int _turn;

    public KafkaBrokers(StreamClientOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _connector = new KafkaConnector(options, time);
        _bootstrap = ParseAddresses(options.BootstrapServers);
    }

    public async ValueTask<Reply<TResponse>> SendAsync<TRequest, TResponse>(
        int node,
        Lane lane,
        IKafkaRequest<TRequest, TResponse> request,
        TimeSpan timeout,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        try
        {
            var connection = await ConnectAsync(Find(node), lane).WaitAsync(cancellationToken).ConfigureAwait(false);
            return await connection.SendAsync<TRequest, TResponse>((TRequest)request, timeout, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StreamException e) when (node == IBrokers.AnyNode && e.IsTransient)
        {
            Interlocked.Increment(ref _turn);
            throw;
        }
    }

    public void Learn(IReadOnlyList<MetadataNode> nodes)
    {
        lock (_gate)
        {
            foreach (var node in nodes)
            {
                _nodes[node.Id] = node.Host.Contains(':') ? $"[{node.Host}]:{node.Port}" : $"{node.Host}:{node.Port}";
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        Task<KafkaConnection>[] openings;
        lock (_gate)
        {
            openings = [.. _slots.Values.Select(slot => slot.Opening).OfType<Task<KafkaConnection>>()];
            _slots.Clear();
        }

        foreach (var opening in openings)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
            {
                await opening.Result.DisposeAsync().ConfigureAwait(false);
            }
        }

        _disposed.Dispose();
    }

    private static string[] ParseAddresses(string servers)
    {
        const int DefaultPort = 9092;
        var addresses = servers
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(server => server.LastIndexOf(':') > server.LastIndexOf(']') ? server : $"{server}:{DefaultPort}")
            .ToArray();
        return addresses.Length > 0
            && addresses.All(address => ushort.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), out _))
            ? addresses
            : throw new ArgumentException($"'{servers}' does not name servers as host:port.", nameof(servers));
    }

    private string Find(int node)
    {
        lock (_gate)
        {
            if (node == IBrokers.AnyNode)
            {
                // The servers named at first may be gone by now, and the others with their addresses.
                string[] candidates = [.. _bootstrap.Union(_nodes.Values)];
                return candidates[(uint)_turn % candidates.Length];
            }

            return _nodes.TryGetValue(node, out var address)
                ? address
                : throw new StreamException(ErrorCode.LeaderNotAvailable, $"Where node {node} is, is not known yet.");
        }
    }

    private Task<KafkaConnection> ConnectAsync(string address, Lane lane)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (!_slots.TryGetValue((address, lane), out var slot))
            {
                _slots[(address, lane)] = slot = new Slot(new Backoff(_options, _time));
            }

            if (slot.Opening is not { } opening || opening.IsFaulted || opening.IsCanceled
                || (opening.IsCompletedSuccessfully && opening.Result.IsClosed))
            {
                slot.Opening = OpenAsync(address, slot, slot.Opening);
            }

            return slot.Opening;
        }
    }

    private async Task<KafkaConnection> OpenAsync(string address, Slot slot, Task<KafkaConnection>? previous)
    {
        // Not inside the caller's lock.
        await Task.Yield();
        if (previous is not null)
        {
            await ((Task)previous).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (previous.IsCompletedSuccessfully)
            {
                await previous.Result.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                await slot.Backoff.WaitAsync(_disposed.Token).ConfigureAwait(false);
            }
        }

        try
        {
            var connection = await _connector.OpenAsync(address, _disposed.Token).ConfigureAwait(false);
            slot.Backoff.Reset();
            LogConnected(address);
            return connection;
        }
        catch (StreamException e)
        {
            LogUnreachable(address, e.Message);
            throw;
        }
    }

    private sealed class Slot(Backoff backoff)
    {
        /// <summary>Used by one opening at a time.</summary>
        public Backoff Backoff => backoff;

        public Task<KafkaConnection>? Opening { get; set; }
    }

    [LoggerMessage(5001, LogLevel.Debug, "Connected to {Address}.")]
    private partial void LogConnected(string address);

    [LoggerMessage(5002, LogLevel.Warning, "Cannot connect to {Address}: {Reason}")]
    private partial void LogUnreachable(string address, string reason);
}
