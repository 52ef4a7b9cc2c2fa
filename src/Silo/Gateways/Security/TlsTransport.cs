using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>The plain bytes of a connection that is encrypted underneath.</summary>
internal sealed class TlsTransport : IDuplexPipe
{
    // A TLS record has at most 16 KiB; four of them are read at once.
    private const int BufferBytes = 64 * 1_024;

    private const byte HandshakeRecord = 22;

    private readonly SslStream _stream;

    private TlsTransport(SslStream stream)
    {
        _stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Who the client's certificate is of; null when it showed none.</summary>
    public string? Principal => _stream.RemoteCertificate is X509Certificate2 certificate
        ? TlsCertificate.PrincipalOf(certificate)
        : null;

    /// <summary>Shakes hands with a client.</summary>
    /// <exception cref="AuthenticationFailedException">It speaks no TLS, or not one that is accepted.</exception>
    public static async Task<TlsTransport> OpenAsync(
        IDuplexPipe encrypted, TlsServer server, CancellationToken cancellationToken)
    {
        await CheckFirstByteAsync(encrypted.Input, cancellationToken);
        var stream = new SslStream(new DuplexPipeStream(encrypted), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(server.Current, cancellationToken);
            return new TlsTransport(stream);
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            if (e is AuthenticationException or (IOException and not ConnectionResetException))
            {
                throw new AuthenticationFailedException($"The TLS handshake failed: {e.GetBaseException().Message}", e);
            }

            throw;
        }
    }

    /// <summary>Says goodbye, so that the client knows that nothing was cut off.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            await Output.CompleteAsync();
            await _stream.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client is gone, or was cut off.
        }

        await _stream.DisposeAsync();
    }

    // SslStream would say no more than that it could not make sense of the bytes.
    private static async ValueTask CheckFirstByteAsync(PipeReader input, CancellationToken cancellationToken)
    {
        var result = await input.ReadAsync(cancellationToken);
        var isTls = !result.Buffer.IsEmpty && result.Buffer.FirstSpan[0] == HandshakeRecord;
        var isEmpty = result.Buffer.IsEmpty;
        input.AdvanceTo(result.Buffer.Start);
        if (isEmpty)
        {
            throw new ConnectionResetException("The client left without a word.");
        }

        if (!isTls)
        {
            throw new AuthenticationFailedException("The client does not speak TLS.");
        }
    }
}
