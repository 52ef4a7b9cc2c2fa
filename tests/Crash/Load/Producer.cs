using System.Net.Sockets;
using OrleansStream.Crash.Model;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Load;

/// <summary>Sends batches to one partition with acks=all, several in flight, for as long as the silo answers.</summary>
/// <remarks>
/// An idempotent one keeps what was not answered or refused and sends it again, in the same order, before anything new.
/// The other kind forgets it: it may or may not have been stored. Lives longer than any silo; runs against one at a
/// time.
/// </remarks>
internal sealed class Producer(
    TrackedPartition partition, bool isIdempotent, Refusals refusals, SenderNumbers numbers, Random random)
{
    private const int MaxInFlight = 5;
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(20);

    private readonly Queue<PendingBatch> _pending = [];
    private BatchSource _source = new(random);
    private Sender _sender = numbers.AddSender(partition, isIdempotent);
    private long _producerId = -1;

    // Until then one batch is sent at a time, as clients do: a silo that refuses the first one of a producer, for it is
    // not ready, takes a later one as the first.
    private bool _isServed;

    /// <summary>Produces until the silo is gone. What it refuses for the time being is tried again.</summary>
    /// <param name="onAcknowledged">Gets the number of records of each batch that is durable.</param>
    /// <exception cref="ViolationException">An answer that must not be.</exception>
    public async Task RunAsync(string address, Action<int> onAcknowledged)
    {
        if (!isIdempotent)
        {
            _pending.Clear();
        }

        try
        {
            while (true)
            {
                await ProduceAsync(address, onAcknowledged);
                await Task.Delay(s_retryPause, TimeProvider.System);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The silo was killed, or has closed its connections to stop.
        }
    }

    // Until something is refused. What was in flight behind it is left to the silo, which may store it or not.
    private async Task ProduceAsync(string address, Action<int> onAcknowledged)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        if (isIdempotent && !await TryPrepareAsync(connection))
        {
            return;
        }

        var depth = random.Next(1, MaxInFlight + 1);
        var inFlight = 0;
        do
        {
            for (; inFlight < (_isServed ? depth : 1); inFlight++)
            {
                var batch = inFlight < _pending.Count ? _pending.ElementAt(inFlight) : AddNext();
                await connection.PostBatchAsync(partition.Topic, partition.Index, batch.Bytes);
            }

            inFlight--;
        }
        while (TakeIn(await connection.TakeProducedAsync(), onAcknowledged));
    }

    // Now and then another producer takes over, once everything of this one is answered.
    private async Task<bool> TryPrepareAsync(KafkaConnection connection)
    {
        var isNew = _producerId < 0;
        if (!isNew && (_pending.Count > 0 || random.Next(8) > 0))
        {
            return true;
        }

        try
        {
            _producerId = numbers.CheckProducerId(await connection.AllocateProducerIdAsync());
        }
        catch (KafkaRefusedException e) when (refusals.AreForNow(e.Error))
        {
            return false;
        }

        if (!isNew)
        {
            Begin();
        }

        return true;
    }

    private PendingBatch AddNext()
    {
        var batch = _source.Next(_sender.Number, _producerId);
        partition.Send(_sender, _source.NextSequence - 1);
        _pending.Enqueue(batch);
        return batch;
    }

    private bool TakeIn(ProducedPartition answer, Action<int> onAcknowledged)
    {
        if (answer.Error == ErrorCode.None)
        {
            var batch = _pending.Dequeue();
            partition.Acknowledge(_sender, batch.FirstSequence, batch.RecordCount, answer.BaseOffset);
            onAcknowledged(batch.RecordCount);
            _isServed = true;
            return true;
        }

        if (!refusals.AreForNow(answer.Error))
        {
            throw new ViolationException(
                $"{partition.Topic}-{partition.Index}: a batch of sender {_sender.Number}, records from "
                + $"{_pending.Peek().FirstSequence} on, is refused with {answer.Error}. {answer.ErrorMessage}");
        }

        _isServed = false;
        if (!isIdempotent)
        {
            _pending.Clear();
            Begin();
        }

        return false;
    }

    private void Begin()
    {
        _sender = numbers.AddSender(partition, isIdempotent);
        _source = new BatchSource(random);
        _isServed = false;
    }
}
