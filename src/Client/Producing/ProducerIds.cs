using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Producing;

/// <summary>The producer id that the partitions of a producer share, asked for when it is first needed.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ProducerIds(ClientLink link)
{
    private readonly Lock _gate = new();
    private Task<long>? _asking;
    private long _lastId = -1;

    public Task<long> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_asking is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _asking = AskAsync();
            }

            return _asking.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Asks for another the next time, where this one's epochs are used up.</summary>
    public void Forget(long producerId)
    {
        lock (_gate)
        {
            if (_lastId == producerId)
            {
                _asking = null;
            }
        }
    }

    private async Task<long> AskAsync()
    {
        const int NoTransactions = int.MaxValue;
        await Task.Yield();
        var response = await link.CallAsync(
            IBrokers.AnyNode, Lane.Control, new InitProducerIdRequest(null, NoTransactions), CancellationToken.None)
            .ConfigureAwait(false);
        StreamException.ThrowIf(response.Error, "Asking for a producer id");
        lock (_gate)
        {
            return _lastId = response.ProducerId;
        }
    }
}
