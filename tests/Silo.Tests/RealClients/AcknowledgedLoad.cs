using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>
/// Producers that send one record after the other with acks=all, each to a partition of its own, and remember exactly
/// what was acknowledged.
/// </summary>
/// <remarks>
/// A refused record is not sent again: it may or may not be stored. A producer ends with its connection.
/// </remarks>
internal sealed class AcknowledgedLoad : IAsyncDisposable
{
    public const int PartitionCount = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly string _topic;
    private readonly ConcurrentQueue<string> _acknowledged = new();
    private readonly SemaphoreSlim _acknowledgements = new(0);
    private readonly SemaphoreSlim _refusals = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _producers;

    private AcknowledgedLoad(string topic, IEnumerable<KafkaConnection> connections)
    {
        _topic = topic;
        _producers = Task.WhenAll(connections.Select(ProduceAsync));
    }

    /// <summary>Creates the topic and begins.</summary>
    public static async Task<AcknowledgedLoad> StartAsync(string address, string topic)
    {
        var connections = new List<KafkaConnection>();
        for (var i = 0; i < PartitionCount; i++)
        {
            connections.Add(await KafkaConnection.OpenAsync(address));
        }

        await connections[0].CreateTopicAsync(topic, PartitionCount);
        return new AcknowledgedLoad(topic, connections);
    }

    /// <summary>Waits until so many more records were acknowledged.</summary>
    public Task MoreAcknowledgedAsync(int count) => CountAsync(_acknowledgements, count, "acknowledgements");

    /// <summary>Waits until a record was refused.</summary>
    public Task RefusedAsync() => CountAsync(_refusals, 1, "refusals");

    /// <summary>Waits until every producer has ended, because the silo went away or the load was stopped.</summary>
    public Task EndedAsync() => _producers.WaitAsync(s_patience);

    /// <summary>Fails unless the silo has every record that was acknowledged.</summary>
    public async Task AssertStoredAsync(string address)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        var stored = new HashSet<string>();
        for (var partition = 0; partition < PartitionCount; partition++)
        {
            stored.UnionWith(StoredBatches.Values(await StoredBatches.ReadAsync(connection, _topic, partition)));
        }

        Assert.NotEmpty(_acknowledged);
        Assert.Empty(_acknowledged.Except(stored));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await EndedAsync();
        _stop.Dispose();
        _acknowledgements.Dispose();
        _refusals.Dispose();
    }

    private static async Task CountAsync(SemaphoreSlim events, int count, string what)
    {
        for (var i = 0; i < count; i++)
        {
            if (!await events.WaitAsync(s_patience))
            {
                throw new TimeoutException($"{i} of {count} {what}, then none within {s_patience}.");
            }
        }
    }

    private async Task ProduceAsync(KafkaConnection connection, int partition)
    {
        var builder = new BatchBuilder();
        using (connection)
        {
            try
            {
                for (var number = 0; !_stop.IsCancellationRequested; number++)
                {
                    var value = $"{partition}/{number}";
                    builder.Reset();
                    builder.Append(Encoding.UTF8.GetBytes(value), timestamp: number);
                    Note(value, await connection.ProduceAsync(_topic, partition, builder.Build(), _stop.Token));
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The silo is gone, or the load is stopped; the record on its way is nobody's promise.
            }
        }
    }

    private void Note(string value, ErrorCode error)
    {
        if (error == ErrorCode.None)
        {
            _acknowledged.Enqueue(value);
            _acknowledgements.Release();
        }
        else
        {
            _refusals.Release();
        }
    }
}
