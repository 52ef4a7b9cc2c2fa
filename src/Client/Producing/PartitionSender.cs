using Microsoft.Extensions.Logging;
using OrleansStream.Client.Connections;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Producing;

/// <summary>What the senders of a producer share.</summary>
internal sealed record SenderServices(
    ClientLink Link,
    ProducerOptions Options,
    ProducerIds Ids,
    BufferBudget Budget,
    ILogger Logger);

/// <summary>Sends the batches of one partition, several at a time, so that they are stored in order and once.</summary>
/// <remarks>
/// One loop owns the window of batches that are not done. It is pulsed when a batch is full or has waited long enough,
/// and when an answer comes. Batches are done in order: one that is stored waits for those before it. When one fails,
/// the loop waits until all others are answered too, and then sends again what is not stored, the first one alone;
/// without idempotence there never is more than one.
/// </remarks>
internal sealed partial class PartitionSender : IAsyncDisposable
{
    private readonly TopicPartition _partition;
    private readonly SenderServices _services;
    private readonly ProducerOptions _options;
    private readonly ILogger _logger;
    private readonly PartitionQueue _queue;
    private readonly ProducerSession _session;
    private readonly Backoff _backoff;
    private readonly ITimer _linger;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PendingBatch> _window = [];
    private readonly Pulse _pulse = new();
    private readonly Task _running;
    private readonly int _maxInFlight;

    // After every failure one batch goes ahead alone: it opens the connection, and shows that the partition takes some.
    private bool _isProbing = true;

    public PartitionSender(TopicPartition partition, SenderServices services)
    {
        _partition = partition;
        _services = services;
        _options = services.Options;
        _logger = services.Logger;
        _maxInFlight = _options.Idempotent ? _options.MaxInFlight : 1;
        _queue = new PartitionQueue(_options.BatchBytes, services.Link.Time);
        _session = new ProducerSession(services.Ids);
        _backoff = new Backoff(services.Link.Options, services.Link.Time);
        _linger = services.Link.Time.CreateTimer(
            _ => Hurry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _running = RunAsync();
    }

    /// <summary>Called with what could not be stored of batches that nobody waits for.</summary>
    public Action<StreamException>? PostFailed { get; init; }

    /// <param name="delivery">Null when nobody awaits the record.</param>
    public void Append(in OutgoingRecord record, int heldBytes, long timestamp, Delivery? delivery)
    {
        _queue.Append(record, heldBytes, timestamp, delivery, out var starts, out var fills);
        if (fills || (starts && _options.Linger == TimeSpan.Zero))
        {
            _pulse.Set();
        }

        if (starts && _options.Linger > TimeSpan.Zero)
        {
            _linger.Change(_options.Linger, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends what there is without lingering; completes when everything up to now is done.</summary>
    public Task FlushAsync()
    {
        Hurry();
        return _queue.Newest?.Done ?? Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _linger.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_window.Select(batch => batch.Attempt)).ConfigureAwait(false);
        _stop.Dispose();
    }

    // The timer is set anew by every batch that is begun, so it means the open one.
    private void Hurry()
    {
        _queue.CloseOpen();
        _pulse.Set();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await _pulse.WaitAsync(_stop.Token).ConfigureAwait(false);
            foreach (var batch in _window)
            {
                batch.State = batch is { State: BatchState.Sent, Answer: not null } ? BatchState.Answered : batch.State;
            }

            CompleteStored();
            if (_window.Exists(batch => batch.State == BatchState.Answered && !batch.Answer!.IsStored))
            {
                if (_window.Exists(batch => batch.State == BatchState.Sent))
                {
                    continue;
                }

                await RecoverAsync().ConfigureAwait(false);
            }

            await SendReadyAsync().ConfigureAwait(false);
        }
    }

    private void CompleteStored()
    {
        while (_window is [{ State: BatchState.Answered, Answer: { IsStored: true } answer }, ..])
        {
            _isProbing = false;
            _backoff.Reset();
            End(_window[0], answer);
        }
    }

    // Nothing is on its way; the first batch has failed, and of the others some or all.
    private async Task RecoverAsync()
    {
        var first = _window[0];
        var answer = first.Answer!;
        _isProbing = true;
        if (answer.Error is ErrorCode.OutOfOrderSequenceNumber
            or ErrorCode.UnknownProducerId or ErrorCode.InvalidProducerEpoch)
        {
            await RestoreOrderAsync(first, answer).ConfigureAwait(false);
        }
        else if (answer.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge && first.RecordCount > 1)
        {
            Split(first);
        }
        else if (!answer.Error.IsTransient())
        {
            End(first, answer);
        }
        else
        {
            _services.Link.Topics.Forget(_partition.Topic);
            LogRetrying(_partition, answer.Error, answer.Message);
            await _backoff.WaitAsync(_stop.Token).ConfigureAwait(false);
        }

        EndExpired();
        foreach (var batch in _window.Where(batch => !batch.Answer!.IsStored))
        {
            batch.State = BatchState.Ready;
            Telemetry.BatchRetried(_partition.Topic);
        }
    }

    // Batches may overtake each other on their way. But when one that was alone is not the next, the one before is
    // lost: it was given up, or the server was.
    private async Task RestoreOrderAsync(PendingBatch first, BatchOutcome answer)
    {
        if (!first.WasAlone)
        {
            return;
        }

        LogSequenceBroken(_partition, answer.Error);
        _session.BeginEpoch();
        foreach (var batch in _window.Where(batch => !batch.Answer!.IsStored).ToArray())
        {
            await TryIdentifyAsync(batch).ConfigureAwait(false);
        }
    }

    // The halves have the sequences of the whole, so those of the batches after it stay right.
    private void Split(PendingBatch batch)
    {
        LogSplitting(_partition, batch.RecordCount, batch.SizeBytes);
        _queue.Limit(batch.SizeBytes / 2);
        var (first, second) = batch.Split();
        _window[0] = first;
        _window.Insert(1, second);
    }

    private async Task SendReadyAsync()
    {
        while (_window.Count(batch => batch.State == BatchState.Sent) < (_isProbing ? 1 : _maxInFlight))
        {
            var batch = _window.Find(batch => batch.State == BatchState.Ready);
            if (batch is null)
            {
                var takesOpen = _options.Linger == TimeSpan.Zero;
                if (_window.Count >= _maxInFlight || !_queue.TryTake(takesOpen, out batch))
                {
                    return;
                }

                if (_options.Idempotent && !await TryIdentifyAsync(batch).ConfigureAwait(false))
                {
                    continue;
                }

                _window.Add(batch);
            }

            batch.Begin(isAlone: _isProbing);
            batch.Attempt = SendAsync(batch);
        }
    }

    // A batch waits here while the cluster cannot be reached, but no longer than it may.
    private async ValueTask<bool> TryIdentifyAsync(PendingBatch batch)
    {
        while (true)
        {
            try
            {
                batch.Identify(
                    await _session.NextAsync(batch.RecordCount, _stop.Token).ConfigureAwait(false));
                return true;
            }
            catch (StreamException e) when (!IsExpired(batch) && e.IsTransient)
            {
                LogRetrying(_partition, e.Error, e.Message);
                await _backoff.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (StreamException e)
            {
                End(batch, new BatchOutcome(e.Error, Message: e.Message));
                return false;
            }
        }
    }

    private async Task SendAsync(PendingBatch batch)
    {
        try
        {
            batch.Answer = await ProduceAsync(batch).ConfigureAwait(false);
        }
        catch (StreamException e)
        {
            batch.Answer = new BatchOutcome(e.Error, Message: e.Message);
        }
        catch (Exception e)
        {
            // The attempt ends here, whatever happened; the records' senders are told.
            batch.Answer = new BatchOutcome(ErrorCode.UnknownServerError, Message: e.Message);
        }

        _pulse.Set();
    }

    private async Task<BatchOutcome> ProduceAsync(PendingBatch batch)
    {
        var link = _services.Link;
        var topic = await link.Topics.GetAsync(_partition.Topic, _stop.Token).ConfigureAwait(false);
        var request = new ProduceRequest(
            TransactionalId: null,
            Acks: _options.Acks == Acks.All ? (short)-1 : (short)1,
            (int)link.Options.RequestTimeout.TotalMilliseconds,
            [new(_partition.Topic, [new(_partition.Partition, batch.Encode(_options.Compression))])]);
        var response = await link.CallAsync(topic.LeaderOf(_partition.Partition), Lane.Data, request, _stop.Token)
            .ConfigureAwait(false);
        var produced = response.Topics[0].Partitions[0];
        return new BatchOutcome(produced.Error, produced.BaseOffset, produced.LogAppendTimeMs, produced.ErrorMessage);
    }

    private void EndExpired()
    {
        while (_window is [var oldest, ..] && !oldest.Answer!.IsStored && IsExpired(oldest))
        {
            End(oldest, new BatchOutcome(
                ErrorCode.RequestTimedOut,
                Message: $"Not stored within {_options.DeliveryTimeout}; last: {oldest.Answer.Error}."));
        }
    }

    private bool IsExpired(PendingBatch batch)
        => _services.Link.Time.GetElapsedTime(batch.StartedAt) >= _options.DeliveryTimeout;

    private void End(PendingBatch batch, BatchOutcome outcome)
    {
        _window.Remove(batch);
        var error = outcome.IsStored ? null : outcome.Error.ToString();
        var elapsed = _services.Link.Time.GetElapsedTime(batch.StartedAt);
        Telemetry.BatchEnded(
            _partition.Topic, batch.RecordCount, batch.EncodedBytes, elapsed, error);
        if (error is not null)
        {
            LogGivenUp(batch.RecordCount, _partition, outcome.Error, outcome.Message);
            if (batch.HasPosted)
            {
                PostFailed?.Invoke(new StreamException(outcome.Error, $"{_partition}: {error}. {outcome.Message}"));
            }
        }

        batch.Complete(outcome);
        _services.Budget.Release(batch.HeldBytes);
    }

    [LoggerMessage(5101, LogLevel.Debug, "Sending to {Partition} again after {Error}: {Reason}")]
    private partial void LogRetrying(TopicPartition partition, ErrorCode error, string? reason);

    [LoggerMessage(5102, LogLevel.Warning, "{Partition} answered {Error}: a batch before is lost. Begins a new epoch.")]
    private partial void LogSequenceBroken(TopicPartition partition, ErrorCode error);

    [LoggerMessage(5104, LogLevel.Information, "Halving {Count} records for {Partition}: {Bytes} bytes are too many.")]
    private partial void LogSplitting(TopicPartition partition, int count, int bytes);

    [LoggerMessage(5103, LogLevel.Error, "{Count} records for {Partition} were given up after {Error}: {Reason}")]
    private partial void LogGivenUp(int count, TopicPartition partition, ErrorCode error, string? reason);
}
