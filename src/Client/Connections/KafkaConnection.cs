using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Connections;

/// <summary>
/// One connection to a server: requests go out as they come, and answers come back in the same order.
/// </summary>
/// <remarks>
/// A request is encoded, its records included, before <see cref="SendAsync"/> first awaits: nobody refers to the
/// caller's memory after that. The write loop owns one buffer while requests gather in the other; the read loop owns
/// the input. The first failure ends the connection and is given to everybody who waits. Thread-safe.
/// </remarks>
internal sealed class KafkaConnection : IAsyncDisposable
{
    /// <summary>
    /// How many requests may be unanswered; whoever wants to send more waits. Producers have their own, tighter bounds.
    /// </summary>
    private const int MaxInFlight = 1_024;

    private const int InputBytes = 16 * 1_024;
    private const int OutputBytes = 1_024;

    private readonly Stream _stream;
    private readonly StreamClientOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _room = new(MaxInFlight, MaxInFlight);
    private readonly Pulse _pulse = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private readonly Queue<Awaited> _awaited = new();
    private readonly Task _reading;
    private readonly Task _writing;
    private GrowingBuffer _gathering = new(OutputBytes, isRented: true);
    private GrowingBuffer _sending = new(OutputBytes, isRented: true);
    private StreamException? _failure;
    private int _correlationId;

    /// <param name="stream">Connected; the connection disposes it.</param>
    public KafkaConnection(Stream stream, StreamClientOptions options, TimeProvider time)
    {
        _stream = stream;
        _options = options;
        _time = time;
        _reading = ReadAsync();
        _writing = WriteAsync();
    }

    /// <summary>Set once, before the connection is shared.</summary>
    public NegotiatedVersions Versions { get; set; } = NegotiatedVersions.Unknown;

    public bool IsClosed => _closed.IsCancellationRequested;

    /// <exception cref="StreamException">There was no answer.</exception>
    public async ValueTask<Reply<TResponse>> SendAsync<TRequest, TResponse>(
        TRequest request, TimeSpan timeout, CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        var version = Versions.Choose(TRequest.ApiKey);
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var awaited = Enqueue<TRequest, TResponse>(request, version);
            _pulse.Set();
            var frame = await ReceiveAsync(awaited, timeout, cancellationToken).ConfigureAwait(false);
            return Decode<TRequest, TResponse>(frame, version);
        }
        finally
        {
            _room.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Close(new StreamException(ErrorCode.NetworkException, "The connection was closed by this side."));
        await Task.WhenAll(_reading, _writing).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _gathering.Release();
        _sending.Release();
    }

    private Awaited Enqueue<TRequest, TResponse>(TRequest request, short version)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw new StreamException(_failure.Error, _failure.Message, _failure);
            }

            using var writer = new KafkaWriter();
            var awaited = new Awaited(++_correlationId);
            new RequestHeader(TRequest.ApiKey, version, awaited.CorrelationId, _options.ClientId).Write(writer);
            writer.WriteStruct(request, version);
            _gathering.GetSpan(writer.FrameBytes);
            writer.WriteFrameTo(_gathering);
            _awaited.Enqueue(awaited);
            return awaited;
        }
    }

    private async ValueTask<PooledBuffer> ReceiveAsync(
        Awaited awaited, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await awaited.Task.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!awaited.TrySetCanceled(CancellationToken.None) && awaited.Task.IsCompletedSuccessfully)
            {
                (await awaited.Task.ConfigureAwait(false)).Dispose();
            }

            if (e is OperationCanceledException)
            {
                throw;
            }

            // Answers come in order: behind one that does not come, none will.
            var late = new StreamException(ErrorCode.RequestTimedOut, $"No answer within {timeout}.", e);
            Close(late);
            throw late;
        }
    }

    private Reply<TResponse> Decode<TRequest, TResponse>(PooledBuffer frame, short version)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        try
        {
            var reader = new KafkaReader(frame.Memory);
            ResponseHeader.Read(ref reader, TRequest.ApiKey, version);
            return new Reply<TResponse>(reader.ReadStruct<TResponse>(version), frame);
        }
        catch (ProtocolException e)
        {
            frame.Dispose();
            var broken = new StreamException(ErrorCode.NetworkException, $"{TRequest.ApiKey}: {e.Message}", e);
            Close(broken);
            throw broken;
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                await _pulse.WaitAsync(_closed.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    (_gathering, _sending) = (_sending, _gathering);
                }

                await _stream.WriteAsync(_sending.WrittenMemory, _closed.Token).ConfigureAwait(false);
                _sending.Release();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Close(Lost(e));
        }
    }

    private async Task ReadAsync()
    {
        var input = new byte[InputBytes];
        var (start, end) = (0, 0);
        try
        {
            while (true)
            {
                while (end - start < KafkaFrame.LengthPrefixBytes)
                {
                    input.AsSpan(start, end - start).CopyTo(input);
                    (start, end) = (0, end - start);
                    var count = await _stream.ReadAsync(input.AsMemory(end), _closed.Token).ConfigureAwait(false);
                    end += count > 0 ? count : throw new EndOfStreamException("The server closed the connection.");
                }

                var length = KafkaFrame.ReadLength(input.AsSpan(start), _options.MaxFrameBytes);
                start += KafkaFrame.LengthPrefixBytes;
                var buffered = Math.Min(length, end - start);
                Deliver(await ReadFrameAsync(input.AsMemory(start, buffered), length).ConfigureAwait(false));
                start += buffered;
            }
        }
        catch (Exception e) when (
            e is IOException or OperationCanceledException or ObjectDisposedException or ProtocolException)
        {
            Close(Lost(e));
        }
    }

    private async ValueTask<PooledBuffer> ReadFrameAsync(ReadOnlyMemory<byte> buffered, int length)
    {
        var frame = PooledBuffer.Rent(length);
        try
        {
            buffered.CopyTo(frame.Memory);
            await _stream.ReadExactlyAsync(frame.Memory[buffered.Length..], _closed.Token).ConfigureAwait(false);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private void Deliver(PooledBuffer frame)
    {
        Awaited? awaited;
        lock (_gate)
        {
            _awaited.TryDequeue(out awaited);
        }

        var correlationId = frame.Length < sizeof(int) ? 0 : new KafkaReader(frame.Memory).ReadInt32();
        if (awaited?.CorrelationId != correlationId)
        {
            frame.Dispose();
            var refused = new ProtocolException($"Answer {correlationId} came instead of {awaited?.CorrelationId}.");
            awaited?.TrySetException(Lost(refused));
            throw refused;
        }

        if (!awaited.TrySetResult(frame))
        {
            // Nobody waits for it any more.
            frame.Dispose();
        }
    }

    private void Close(StreamException failure)
    {
        Awaited[] orphans;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            orphans = [.. _awaited];
            _awaited.Clear();
        }

        _closed.Cancel();
        foreach (var orphan in orphans)
        {
            orphan.TrySetException(failure);
        }
    }

    private static StreamException Lost(Exception cause)
        => new(ErrorCode.NetworkException, $"The connection was lost: {cause.Message}", cause);

    /// <summary>A request that is sent, and its answer to come: a frame that whoever takes it disposes.</summary>
    private sealed class Awaited(int correlationId)
        : TaskCompletionSource<PooledBuffer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int CorrelationId => correlationId;
    }
}
