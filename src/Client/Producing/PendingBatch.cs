using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Producing;

/// <summary>What became of a batch: where it was stored, or why it was not.</summary>
/// <param name="LogAppendTime">Milliseconds since 1970; -1 where the records keep their own.</param>
internal sealed record BatchOutcome(
    ErrorCode Error, long BaseOffset = -1, long LogAppendTime = -1, string? Message = null)
{
    public bool IsStored => Error is ErrorCode.None or ErrorCode.DuplicateSequenceNumber;
}

/// <summary>Who sends a batch, as servers recognise it, and which of its batches it is.</summary>
internal readonly record struct BatchIdentity(long ProducerId, short Epoch, int Sequence);

/// <summary>Where a batch stands that the sender has taken.</summary>
internal enum BatchState
{
    /// <summary>To be sent, for the first time or again.</summary>
    Ready,

    /// <summary>On its way.</summary>
    Sent,

    /// <summary>Answered, well or badly.</summary>
    Answered,
}

/// <summary>A batch from its first record until it is stored or given up.</summary>
/// <remarks>
/// Filled under the lock of its <see cref="PartitionQueue"/>; from then on it belongs to the partition's sender, which
/// completes it.
/// </remarks>
internal sealed class PendingBatch
{
    private readonly BatchBuilder _builder;
    private readonly TaskCompletionSource _done;
    private readonly List<Delivery> _deliveries = [];
    private ReadOnlyMemory<byte> _encoded;
    private BatchOutcome? _answer;

    /// <param name="startedAt">A timestamp of the clock: when its first record came.</param>
    public PendingBatch(BatchBuilder builder, long startedAt)
        : this(builder, startedAt, CreateDone())
    {
    }

    private PendingBatch(BatchBuilder builder, long startedAt, TaskCompletionSource done)
    {
        _builder = builder;
        _done = done;
        StartedAt = startedAt;
    }

    public long StartedAt { get; }

    public int RecordCount => _builder.RecordCount;

    /// <summary>Without compression.</summary>
    public int SizeBytes => _builder.SizeBytes;

    /// <summary>What its records hold of the budget.</summary>
    public int HeldBytes { get; private set; }

    /// <summary>Whether there are records that nobody awaits: a failure of theirs is heard of later.</summary>
    public bool HasPosted => _deliveries.Count < RecordCount;

    public BatchIdentity? Identity { get; private set; }

    public BatchState State { get; set; }

    /// <summary>Whether no other batch of the partition was on its way in the last attempt.</summary>
    public bool WasAlone { get; private set; }

    /// <summary>
    /// Of the last attempt; null while there is no answer. The one member that another thread sets: the sender reads it
    /// when it is pulsed.
    /// </summary>
    public BatchOutcome? Answer
    {
        get => Volatile.Read(ref _answer);
        set => Volatile.Write(ref _answer, value);
    }

    /// <summary>The last attempt to send it; it never fails.</summary>
    public Task Attempt { get; set; } = Task.CompletedTask;

    /// <summary>Zero as long as it was never sent.</summary>
    public int EncodedBytes => _encoded.Length;

    /// <summary>Completes when its records are stored or given up; it never fails.</summary>
    public Task Done => _done.Task;

    /// <summary>Adds a record.</summary>
    /// <param name="delivery">Null when nobody awaits it.</param>
    public void Append(
        in OutgoingRecord record, RecordHeader[] headers, int heldBytes, long timestamp, Delivery? delivery)
    {
        if (delivery is not null)
        {
            delivery.Index = RecordCount;
            _deliveries.Add(delivery);
        }

        _builder.Append(
            record.Key.GetValueOrDefault().Span,
            record.Key.HasValue,
            record.Value.GetValueOrDefault().Span,
            record.Value.HasValue,
            headers,
            timestamp);
        HeldBytes += heldBytes;
    }

    public void Identify(BatchIdentity identity)
    {
        _encoded = default;
        Identity = identity;
        _builder.SetProducer(identity.ProducerId, identity.Epoch, identity.Sequence);
    }

    /// <summary>Begins another attempt.</summary>
    public void Begin(bool isAlone)
    {
        State = BatchState.Sent;
        WasAlone = isAlone;
        Answer = null;
    }

    /// <summary>The bytes to send, the same ones at every attempt.</summary>
    public ReadOnlyMemory<byte> Encode(CompressionCodec codec)
        => _encoded.IsEmpty ? _encoded = _builder.Build(codec) : _encoded;

    /// <summary>Ends it: whoever waits is told, and its memory is given back.</summary>
    public void Complete(BatchOutcome outcome)
    {
        foreach (var delivery in _deliveries)
        {
            delivery.Complete(outcome);
        }

        _done.TrySetResult();
        if (outcome.IsStored)
        {
            _builder.Release();
        }
        else
        {
            _builder.Abandon();
        }
    }

    /// <summary>Two batches with half of the records each, in its place; it is not to be used any more.</summary>
    public (PendingBatch First, PendingBatch Second) Split()
    {
        var batch = _builder.Build();
        BatchHeader.TryRead(batch.Span, out var header);
        var reader = new BatchReader(batch.Span[BatchHeader.SizeBytes..], RecordCount);
        var first = TakePart(ref reader, header, 0, RecordCount / 2, CreateDone());
        var second = TakePart(ref reader, header, first.RecordCount, RecordCount, _done);
        second.HeldBytes = HeldBytes - first.HeldBytes;
        _builder.Release();
        return (first, second);
    }

    private PendingBatch TakePart(
        ref BatchReader reader, in BatchHeader header, int start, int end, TaskCompletionSource done)
    {
        var builder = BatchBuilder.Rent(SizeBytes / 2);
        for (var i = start; i < end && reader.MoveNext(); i++)
        {
            var record = reader.Current;
            builder.Append(
                record.Key,
                record.HasKey,
                record.Value,
                record.HasValue,
                Copy(record.Headers),
                header.BaseTimestamp + record.TimestampDelta);
        }

        var part = new PendingBatch(builder, StartedAt, done)
        {
            Answer = Answer,
            HeldBytes = (int)((long)HeldBytes * (end - start) / RecordCount),
        };
        if (Identity is { } identity)
        {
            part.Identify(identity with { Sequence = ProducerSession.Advance(identity.Sequence, start) });
        }

        foreach (var delivery in _deliveries.Where(delivery => delivery.Index >= start && delivery.Index < end))
        {
            delivery.Index -= start;
            part._deliveries.Add(delivery);
        }

        return part;
    }

    private static TaskCompletionSource CreateDone() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static RecordHeader[] Copy(HeaderEnumerator headers)
    {
        var copies = new List<RecordHeader>();
        foreach (var header in headers)
        {
            copies.Add(new(
                header.Key.ToArray(), header.HasValue ? header.Value.ToArray() : default(ReadOnlyMemory<byte>?)));
        }

        return [.. copies];
    }
}
