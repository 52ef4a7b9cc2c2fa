using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansStream.Client.Connections;
using OrleansStream.Client.Producing;
using OrleansStream.Client.Serialization;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client;

/// <summary>
/// Sends records: gathers them into batches, and sends these in order, again and again until they are stored.
/// </summary>
/// <remarks>
/// Thread-safe; one for a whole program is best, because then batches are large. When the buffer is full, or the topic
/// not known yet, a call waits before it takes the record. Disposing sends what is left.
/// </remarks>
public sealed class Producer : IAsyncDisposable
{
    private static readonly TimeSpan s_patienceWithUnknownTopics = TimeSpan.FromSeconds(5);

    private readonly ClientLink _link;
    private readonly ProducerOptions _options;
    private readonly SenderServices _services;
    private readonly ConcurrentDictionary<string, TopicSenders> _topics = new();
    private readonly DeliveryPool _deliveries = new();
    private StreamException? _postFailure;
    private int _isDisposed;

    internal Producer(ClientLink link, ProducerOptions options)
    {
        if (options.Compression is CompressionCodec.Zstd)
        {
            throw new ArgumentException("Zstandard batches cannot be written here.", nameof(options));
        }

        _link = link;
        _options = options;
        _services = new SenderServices(
            link,
            options,
            new ProducerIds(link),
            new BufferBudget(options.BufferBytes),
            link.Loggers.CreateLogger<Producer>());
    }

    /// <summary>
    /// Sends a record and completes when it is stored as <see cref="ProducerOptions.Acks"/> wants it.
    /// </summary>
    /// <exception cref="StreamException">
    /// It was refused, or not stored in time; then it may or may not be stored.
    /// </exception>
    public ValueTask<DeliveryResult> SendAsync(OutgoingRecord record, CancellationToken cancellationToken = default)
        => Telemetry.Activities.HasListeners()
            ? SendTracedAsync(record, cancellationToken)
            : SendUntracedAsync(record, cancellationToken);

    /// <summary>Sends a record; see <see cref="SendAsync(OutgoingRecord, CancellationToken)"/>.</summary>
    /// <param name="key">Null for none.</param>
    /// <param name="headers">Null for none.</param>
    public ValueTask<DeliveryResult> SendAsync(
        string topic,
        ReadOnlyMemory<byte>? key,
        ReadOnlyMemory<byte>? value,
        IReadOnlyList<Header>? headers = null,
        CancellationToken cancellationToken = default)
        => SendAsync(new OutgoingRecord(topic, key, value) { Headers = headers }, cancellationToken);

    /// <summary>
    /// Takes a record to be sent, and completes, mostly at once, when the buffer has it. The cheapest way to send many:
    /// <see cref="FlushAsync"/> waits for them all and tells of a failure.
    /// </summary>
    /// <exception cref="StreamException">The topic cannot be written to.</exception>
    public ValueTask PostAsync(OutgoingRecord record, CancellationToken cancellationToken = default)
        => TryAppend(record, delivery: null)
            ? default
            : new ValueTask(AppendAsync(record, delivery: null, cancellationToken));

    /// <summary>This producer, for keys and values of these types.</summary>
    public TypedProducer<TKey, TValue> For<TKey, TValue>(ISerializer<TKey> keys, ISerializer<TValue> values)
        => new(this, keys, values);

    /// <summary>
    /// Sends what is buffered, without lingering, and completes when every record taken so far is done.
    /// </summary>
    /// <exception cref="StreamException">
    /// A record that was posted since the last call could not be stored: the first such failure.
    /// </exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        await Task.WhenAll(_topics.Values.Select(topic => topic.FlushAsync()))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Interlocked.Exchange(ref _postFailure, null) is { } failure)
        {
            throw new StreamException(failure.Error, failure.Message, failure);
        }
    }

    /// <summary>Sends what is buffered, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await Task.WhenAll(_topics.Values.Select(topic => topic.FlushAsync())).ConfigureAwait(false);
        foreach (var topic in _topics.Values)
        {
            await topic.DisposeAsync().ConfigureAwait(false);
        }

        await _link.DisposeAsync().ConfigureAwait(false);
    }

    private ValueTask<DeliveryResult> SendUntracedAsync(OutgoingRecord record, CancellationToken cancellationToken)
    {
        var delivery = _deliveries.Take();
        return !TryAppend(record, delivery)
            ? AppendAndWaitAsync(record, delivery, cancellationToken)
            : cancellationToken.CanBeCanceled
                ? new ValueTask<DeliveryResult>(delivery.Result.AsTask().WaitAsync(cancellationToken))
                : delivery.Result;
    }

    private async ValueTask<DeliveryResult> SendTracedAsync(OutgoingRecord record, CancellationToken cancellationToken)
    {
        using var activity = TraceContext.StartSend(ref record);
        try
        {
            var result = await SendUntracedAsync(record, cancellationToken).ConfigureAwait(false);
            TraceContext.Delivered(activity, result);
            return result;
        }
        catch (StreamException e)
        {
            TraceContext.Failed(activity, e);
            throw;
        }
    }

    private async ValueTask<DeliveryResult> AppendAndWaitAsync(
        OutgoingRecord record, Delivery delivery, CancellationToken cancellationToken)
    {
        await AppendAsync(record, delivery, cancellationToken).ConfigureAwait(false);
        return await delivery.Result.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool TryAppend(in OutgoingRecord record, Delivery? delivery)
    {
        var bytes = PartitionQueue.SizeBytes(record);
        var senders = SendersOf(record.Topic);
        if (!senders.HasWaiting && _link.Topics.Find(record.Topic) is { } known && _services.Budget.TryTake(bytes))
        {
            Append(record, bytes, senders, known, delivery);
            return true;
        }

        return false;
    }

    /// <param name="delivery">Null when nobody awaits the record.</param>
    private Task AppendAsync(OutgoingRecord record, Delivery? delivery, CancellationToken cancellationToken)
    {
        var senders = SendersOf(record.Topic);
        return senders.EnterAsync(
            async () =>
            {
                var bytes = PartitionQueue.SizeBytes(record);
                var known = await FindTopicAsync(record.Topic, cancellationToken).ConfigureAwait(false);
                await _services.Budget.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
                Append(record, bytes, senders, known, delivery);
            },
            cancellationToken);
    }

    private TopicSenders SendersOf(string topic)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return _topics.GetOrAdd(
            topic,
            static (name, producer) => new TopicSenders(name, producer._options.BatchBytes, producer.CreateSender),
            this);
    }

    private void Append(
        in OutgoingRecord record, int bytes, TopicSenders senders, KnownTopic known, Delivery? delivery)
    {
        try
        {
            var sender = senders.Choose(record, bytes, known, out var partition);
            var timestamp = (record.Timestamp ?? _link.Time.GetUtcNow()).ToUnixTimeMilliseconds();
            delivery?.Begin(new TopicPartition(record.Topic, partition), timestamp);
            sender.Append(record, bytes, timestamp, delivery);
        }
        catch
        {
            _services.Budget.Release(bytes);
            throw;
        }
    }

    private PartitionSender CreateSender(TopicPartition partition) => new(partition, _services)
    {
        PostFailed = failure => Interlocked.CompareExchange(ref _postFailure, failure, null),
    };

    // A topic just created is not known everywhere at once, but one that is misspelt should not take minutes to tell.
    private async Task<KnownTopic> FindTopicAsync(string topic, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_link.Options, _link.Time);
        var start = _link.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await _link.Topics.GetAsync(topic, cancellationToken).ConfigureAwait(false);
            }
            catch (StreamException e) when (e.IsTransient && _link.Time.GetElapsedTime(start) < Patience(e.Error))
            {
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private TimeSpan Patience(ErrorCode error) => error == ErrorCode.UnknownTopicOrPartition
        ? s_patienceWithUnknownTopics
        : _options.DeliveryTimeout;
}
