using System.Net.Sockets;
using OrleansStream.Crash.Model;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Load;

/// <summary>Sends batches to one partition with acks=all, several in flight, for as long as the silo answers.</summary>
/// <remarks>
/// An idempotent one keeps what was not answered and sends it again to the next silo, in the same order, before
/// anything new. The other kind forgets it: it may or may not have been stored. Lives longer than any silo; runs
/// against one at a time.
/// </remarks>
internal sealed class Producer(TrackedPartition partition, bool isIdempotent, SenderNumbers numbers, Random random)
{
    private const int MaxInFlight = 5;

    private readonly Queue<PendingBatch> _pending = [];
    private BatchSource _source = new(random);
    private Sender _sender = numbers.AddSender(partition, isIdempotent);
    private long _producerId = -1;

    /// <summary>Produces until the silo is gone, or refuses because it stops.</summary>
    /// <param name="onAcknowledged">Gets the number of records of each batch that is durable.</param>
    /// <exception cref="ViolationException">An answer that must not be.</exception>
    public async Task RunAsync(string address, Action<int> onAcknowledged)
    {
        try
        {
            using var connection = await KafkaConnection.OpenAsync(address);
            await PrepareAsync(connection);
            foreach (var batch in _pending)
            {
                await connection.PostBatchAsync(partition.Topic, partition.Index, batch.Bytes);
            }

            var depth = random.Next(1, MaxInFlight + 1);
            do
            {
                while (_pending.Count < depth)
                {
                    await SendNextAsync(connection);
                }
            }
            while (TakeIn(await connection.TakeProducedAsync(), onAcknowledged));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The silo was killed, or has closed its connections to stop.
        }
    }

    private async Task PrepareAsync(KafkaConnection connection)
    {
        if (!isIdempotent)
        {
            _pending.Clear();
            return;
        }

        // Now and then another producer takes over, once everything of this one is answered.
        var isNew = _producerId < 0;
        if (isNew || (_pending.Count == 0 && random.Next(8) == 0))
        {
            _producerId = numbers.CheckProducerId(await connection.AllocateProducerIdAsync());
            if (!isNew)
            {
                _sender = numbers.AddSender(partition, retries: true);
                _source = new BatchSource(random);
            }
        }
    }

    private async Task SendNextAsync(KafkaConnection connection)
    {
        var batch = _source.Next(_sender.Number, _producerId);
        partition.Send(_sender, _source.NextSequence - 1);
        _pending.Enqueue(batch);
        await connection.PostBatchAsync(partition.Topic, partition.Index, batch.Bytes);
    }

    private bool TakeIn(ProducedPartition answer, Action<int> onAcknowledged)
    {
        switch (answer.Error)
        {
            case ErrorCode.None:
                var batch = _pending.Dequeue();
                partition.Acknowledge(_sender, batch.FirstSequence, batch.RecordCount, answer.BaseOffset);
                onAcknowledged(batch.RecordCount);
                return true;
            case ErrorCode.NotLeaderOrFollower:
                return false;
            default:
                throw new ViolationException(
                    $"{partition.Topic}-{partition.Index}: a batch of sender {_sender.Number}, records from "
                    + $"{_pending.Peek().FirstSequence} on, is refused with {answer.Error}. {answer.ErrorMessage}");
        }
    }
}
