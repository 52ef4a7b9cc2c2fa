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
/// Filled under the lock of its <see cref="PartitionQueue"/>; from then on it belongs to the partition's sender.
/// </remarks>
internal sealed class PendingBatch(BatchBuilder builder, long startedAt)
{
    // It has a result even when it fails: nobody has to look at it.
    private readonly TaskCompletionSource<BatchOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadOnlyMemory<byte> _encoded;
    private BatchOutcome? _answer;

    public BatchBuilder Builder => builder;

    /// <summary>A timestamp of the clock: when its first record came.</summary>
    public long StartedAt => startedAt;

    /// <summary>What its records hold of the budget.</summary>
    public int HeldBytes { get; set; }

    /// <summary>Whether somebody who does not wait for its records wants to hear of a failure later.</summary>
    public bool HasPosted { get; set; }

    public BatchState State { get; set; }

    /// <summary>Whether no other batch of the partition was on its way in the last attempt.</summary>
    public bool WasAlone { get; set; }

    /// <summary>
    /// Of the last attempt; null while there is no answer. The one member that another thread sets: the sender reads it
    /// when it is pulsed.
    /// </summary>
    public BatchOutcome? Answer
    {
        get => Volatile.Read(ref _answer);
        set => Volatile.Write(ref _answer, value);
    }

    public Task<BatchOutcome> Done => _done.Task;

    public void Identify(BatchIdentity identity)
    {
        _encoded = default;
        builder.SetProducer(identity.ProducerId, identity.Epoch, identity.Sequence);
    }

    /// <summary>The last attempt to send it; it never fails.</summary>
    public Task Attempt { get; set; } = Task.CompletedTask;

    /// <summary>Zero as long as it was never sent.</summary>
    public int EncodedBytes => _encoded.Length;

    /// <summary>Begins another attempt.</summary>
    public void Begin(bool isAlone)
    {
        State = BatchState.Sent;
        WasAlone = isAlone;
        Answer = null;
    }

    /// <summary>The bytes to send, the same ones at every attempt.</summary>
    public ReadOnlyMemory<byte> Encode(CompressionCodec codec)
        => _encoded.IsEmpty ? _encoded = builder.Build(codec) : _encoded;

    public void Complete(BatchOutcome outcome) => _done.TrySetResult(outcome);
}
