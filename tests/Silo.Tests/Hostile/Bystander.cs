using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>A client that means well: produces a record, reads it back, and does so again and again.</summary>
/// <remarks>One loop, which ends at the first wrong answer; everyone who asks from then on gets that failure.</remarks>
internal sealed class Bystander : IAsyncDisposable
{
    private const string Topic = "bystander";
    private const int Rounds = 5;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly KafkaConnection _connection;
    private readonly SemaphoreSlim _rounds = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private Bystander(KafkaConnection connection)
    {
        _connection = connection;
        _loop = RunAsync();
    }

    public static async Task<Bystander> StartAsync(string address)
    {
        var connection = await KafkaConnection.OpenAsync(address);
        await connection.CreateTopicAsync(Topic, partitionCount: 1);
        return new Bystander(connection);
    }

    /// <summary>Waits until a few more records went there and back.</summary>
    public async Task GoOnAsync()
    {
        while (await _rounds.WaitAsync(TimeSpan.Zero))
        {
            // Rounds before now prove nothing.
        }

        for (var i = 0; i < Rounds; i++)
        {
            var round = _rounds.WaitAsync(s_patience);
            if (await Task.WhenAny(round, _loop) == _loop)
            {
                await _loop;
            }

            Assert.True(await round, $"A well-behaved client has not been served for {s_patience}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.WaitAsync(s_patience);
        _connection.Dispose();
        _rounds.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var builder = new BatchBuilder();
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var value = $"record {number}";
            builder.Reset();
            builder.Append(Encoding.UTF8.GetBytes(value), timestamp: number);
            Assert.Equal(ErrorCode.None, await _connection.ProduceAsync(Topic, 0, builder.Build()));

            var stored = StoredBatches.Split(await _connection.FetchAsync(Topic, 0, number));
            Assert.Equal([value], StoredBatches.Values(stored));
            _rounds.Release();
        }
    }
}
