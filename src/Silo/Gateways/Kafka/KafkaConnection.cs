using System.Buffers;
using System.Threading.Channels;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>
/// One Kafka client: starts each request as it arrives and writes the replies in request order, as the protocol
/// requires.
/// </summary>
/// <remarks>
/// Two loops with one owner each: the read loop owns the input, the write loop owns the output, and a bounded queue of
/// pending replies is all they share. A client that does not read its replies blocks the write loop, so the window
/// fills, which stops the read loop, which lets TCP push back; then it misses its deadline.
/// </remarks>
internal sealed class KafkaConnection(
    GatewayConnection connection, IKafkaRequestRouter router, KafkaGatewayOptions options, bool mustLogIn)
{
    // Records are copied and sent in parts that stay in the processor's cache in between.
    private const int FlushBytes = 128 * 1_024;

    // What Kafka's brokers take of somebody they do not know.
    private const int MaxFrameBytesOfStrangers = 512 * 1_024;

    private readonly byte[] _length = new byte[KafkaFrame.LengthPrefixBytes];
    private readonly KafkaClient _client = new(connection.Id, connection.Remote, connection.Local, mustLogIn)
    {
        Principal = connection.Principal ?? Authorizer.Anonymous,
    };

    private readonly RequestWindow _window = new(options.MaxInFlight, options.MaxInFlightBytes);
    private readonly Channel<PendingReply> _replies = Channel.CreateBounded<PendingReply>(
        new BoundedChannelOptions(options.MaxInFlight) { SingleReader = true, SingleWriter = true });

    private int _unflushedBytes;

    private int MaxFrameBytes => _client.IsAdmitted
        ? options.MaxFrameBytes
        : Math.Min(options.MaxFrameBytes, MaxFrameBytesOfStrangers);

    /// <summary>Ends when the client has all its replies, or fails with what ended the connection.</summary>
    public async Task RunAsync()
    {
        var writing = WriteRepliesAsync();
        try
        {
            await ReadRequestsAsync();
        }
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException))
        {
            // After a broken request the client still gets the replies before it. When reading fails nobody waits.
            connection.Abort("The client is gone.");
            throw;
        }
        finally
        {
            _replies.Writer.Complete();
            await writing;
        }
    }

    private async Task ReadRequestsAsync()
    {
        while (!connection.Draining.IsCancellationRequested
            && await connection.ReceiveAsync(_length, insideRequest: false))
        {
            var bytes = KafkaFrame.ReadLength(_length, MaxFrameBytes);

            // Without memory for the request; what is on its way stays with the client.
            await connection.PauseUntilAsync(_client.ThrottledUntil);

            // Wait for room first, so that no request is received whose reply cannot be queued.
            await _window.EnterAsync(bytes, connection.Draining);
            if (await connection.ReceiveRequestAsync(bytes) is not { } request)
            {
                return;
            }

            await StartAsync(request);
        }
    }

    private async ValueTask StartAsync(PooledBuffer request)
    {
        var bytes = request.Length;
        Task<KafkaReply> reply;
        try
        {
            reply = router.StartAsync(request, _client, connection.Closed);
        }
        catch
        {
            connection.RequestAnswered(bytes);
            throw;
        }

        AdmitIfKnown();
        await _replies.Writer.WriteAsync(new PendingReply(reply, bytes), CancellationToken.None);
    }

    private void AdmitIfKnown()
    {
        if (_client.IsAdmitted)
        {
            connection.Admit();
        }
    }

    private async Task WriteRepliesAsync()
    {
        try
        {
            await WriteInOrderAsync();
        }
        catch (Exception e) when (e is ProtocolException or AuthenticationFailedException)
        {
            // Replies are ordered: those before the last request still count, those after it mean nothing.
            connection.StopAnswering();
            await DiscardRepliesAsync();
            throw;
        }
        catch (Exception)
        {
            connection.Abort("A reply could not be given.");
            await DiscardRepliesAsync();
            throw;
        }
    }

    private async Task WriteInOrderAsync()
    {
        await foreach (var pending in _replies.Reader.ReadAllAsync())
        {
            try
            {
                using var reply = await TakeReplyAsync(pending.Reply);
                await WriteAsync(reply);
                AdmitIfKnown();
                if (reply.Refusal is { } refusal)
                {
                    await FlushAsync();
                    throw new AuthenticationFailedException(refusal);
                }
            }
            finally
            {
                _window.Leave(pending.RequestBytes);
                connection.RequestAnswered(pending.RequestBytes);
            }

            if (_replies.Reader.Count == 0)
            {
                await FlushAsync();
            }
        }
    }

    private async ValueTask<KafkaReply> TakeReplyAsync(Task<KafkaReply> pending)
    {
        if (!pending.IsCompletedSuccessfully)
        {
            // The replies before this one go out now: it may take its time, or never come.
            await FlushAsync();
        }

        return await pending;
    }

    private async ValueTask WriteAsync(KafkaReply reply)
    {
        await WriteAsync(reply.Head);
        foreach (var piece in reply.Rest)
        {
            await WriteAsync(piece);
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var part = piece[..Math.Min(piece.Length, FlushBytes - _unflushedBytes)];
            connection.Output.Write(part.Span);
            _unflushedBytes += part.Length;
            piece = piece[part.Length..];
            if (_unflushedBytes == FlushBytes)
            {
                await FlushAsync();
            }
        }
    }

    private async ValueTask FlushAsync()
    {
        if (_unflushedBytes > 0)
        {
            var bytes = _unflushedBytes;
            _unflushedBytes = 0;
            await connection.FlushAsync(bytes);
        }
    }

    // Replies that will not be sent still own rented memory, and their requests took some.
    private async Task DiscardRepliesAsync()
    {
        await foreach (var pending in _replies.Reader.ReadAllAsync())
        {
            await ((Task)pending.Reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (pending.Reply.IsCompletedSuccessfully)
            {
                pending.Reply.Result.Dispose();
            }

            connection.RequestAnswered(pending.RequestBytes);
        }
    }

    private readonly record struct PendingReply(Task<KafkaReply> Reply, int RequestBytes);
}
