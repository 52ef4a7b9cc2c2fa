using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Client.Connections;

/// <summary>Opens connections, to the point where requests can be sent: TCP, TLS, versions, login.</summary>
internal sealed class KafkaConnector(StreamClientOptions options, TimeProvider time)
{
    private const int NonceBytes = 18;

    /// <param name="address">Host and port.</param>
    /// <exception cref="StreamException">The server cannot be reached, or refuses the login.</exception>
    public async Task<KafkaConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var stream = await ConnectAsync(address, linked.Token).ConfigureAwait(false);
            var connection = new KafkaConnection(stream, options, time);
            try
            {
                await GreetAsync(connection, linked.Token).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new StreamException(ErrorCode.NetworkException, $"{address}: {e.Message}", e);
        }
        catch (Exception e) when (e is AuthenticationException or ProtocolException)
        {
            throw new StreamException(ErrorCode.SaslAuthenticationFailed, $"{address}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StreamException(
                ErrorCode.NetworkException, $"{address}: not connected within {options.ConnectTimeout}.", e);
        }
    }

    private async Task<Stream> ConnectAsync(string address, CancellationToken cancellationToken)
    {
        var colon = address.LastIndexOf(':');
        var host = address[..colon].Trim('[', ']');
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(host, int.Parse(address.AsSpan(colon + 1)), cancellationToken)
                .ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            return options.Tls is { } tls
                ? await EncryptAsync(stream, tls, host, cancellationToken).ConfigureAwait(false)
                : stream;
        }
        catch
        {
            socket.Dispose();
            stream?.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(
        Stream plain, TlsOptions tls, string host, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(plain);
        var settings = new SslClientAuthenticationOptions { TargetHost = tls.TargetHost ?? host };
        if (tls.CertificateFile is { } certificate)
        {
            settings.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate)];
        }

        if (tls.AuthorityFile is { } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(authorities);
            settings.CertificateChainPolicy = policy;
        }

        if (!tls.ChecksCertificate)
        {
#pragma warning disable CA5359 // The option says what it means.
            settings.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        await encrypted.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
        return encrypted;
    }

    private async Task GreetAsync(KafkaConnection connection, CancellationToken cancellationToken)
    {
        var greeting = await CallAsync<ApiVersionsRequest, ApiVersionsResponse>(
            connection, new ApiVersionsRequest(), cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(greeting.Error, "Asking for the versions");
        connection.Versions = new NegotiatedVersions(greeting.ApiKeys);
        if (options.Sasl is { } sasl)
        {
            await LogInAsync(connection, sasl, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task LogInAsync(
        KafkaConnection connection, SaslOptions sasl, CancellationToken cancellationToken)
    {
        var handshake = await CallAsync<SaslHandshakeRequest, SaslHandshakeResponse>(
            connection, new SaslHandshakeRequest(sasl.Mechanism), cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(
            handshake.Error, $"Login by {sasl.Mechanism}", $"There are {string.Join(", ", handshake.Mechanisms)}.");
        var mechanism = SaslMechanism.ToScram(sasl.Mechanism);
        if (mechanism == ScramMechanism.Unknown)
        {
            var message = new PlainMessage(sasl.User, sasl.Password).Encode();
            await AuthenticateAsync(connection, message, cancellationToken).ConfigureAwait(false);
            return;
        }

        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var scram = new ScramClient(mechanism, sasl.User, sasl.Password, nonce);
        var challenge = await AuthenticateAsync(connection, Encoding.UTF8.GetBytes(scram.First), cancellationToken)
            .ConfigureAwait(false);
        var final = await AuthenticateAsync(
            connection, Encoding.UTF8.GetBytes(scram.Answer(challenge)), cancellationToken).ConfigureAwait(false);
        scram.Check(final);
    }

    private async Task<byte[]> AuthenticateAsync(
        KafkaConnection connection, byte[] token, CancellationToken cancellationToken)
    {
        var response = await CallAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(
            connection, new SaslAuthenticateRequest(token), cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(response.Error, "Login", response.ErrorMessage);
        return response.Token;
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        KafkaConnection connection, TRequest request, CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        var reply = await connection.SendAsync<TRequest, TResponse>(
            request, options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        reply.Memory?.Dispose();
        return reply.Message;
    }
}
