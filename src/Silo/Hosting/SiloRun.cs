using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Gateways.Security;
using OrleansStream.Silo.Http;

namespace OrleansStream.Silo.Hosting;

/// <summary>The life of a silo from top to bottom: HTTP, the cluster, the gateways, and all of it back again.</summary>
/// <remarks>
/// HTTP opens first, so that a long recovery can be watched; gateways open last, so that no client meets a half
/// recovered cluster. Hosted services of the host would give neither that order nor the exit codes.
/// </remarks>
internal sealed partial class SiloRun(
    IClusterHost clusterHost,
    KafkaGateway kafka,
    GatewayConnections connections,
    SiloStatus status,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<SiloRun> logger)
{
    // With the time the gateways take to drain it stays below ten seconds, when whoever stops us may lose patience.
    // What is not in segments by then is in the journal, and only makes the next start a little longer.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Runs until the host is asked to stop, or finds that it cannot start.</summary>
    public async Task<ExitCode> RunAsync(IHost host)
    {
        var exitCode = await ServeAsync(host);
        var closed = await CloseClusterAsync();
        await host.StopAsync();
        LogStopped();
        return exitCode == ExitCode.Stopped ? closed : exitCode;
    }

    private async Task<ExitCode> ServeAsync(IHost host)
    {
        try
        {
            await OpenHttpAsync(host);
            await clusterHost.OpenAsync(lifetime.ApplicationStopping);
            await using (var listener = await OpenGatewayAsync(host))
            {
                status.Phase = SiloPhase.Open;
                LogWhereToConnect((IPEndPoint)listener.Address, FindHttpAddress(host));
                WarnOfStrangers(host, (IPEndPoint)listener.Address);
                await WaitForStopAsync(listener);
                status.Phase = SiloPhase.Stopping;
                LogStopping();
            }

            await connections.DrainAsync();
            return ExitCode.Stopped;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ExitCode.Stopped; // Asked to stop before it was open.
        }
        catch (StartFailedException e)
        {
            LogStartFailed(e.Message);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            LogFailed(e);
            return ExitCode.Failed;
        }
    }

    private async Task OpenHttpAsync(IHost host)
    {
        try
        {
            await host.StartAsync(lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            var port = host.Services.GetRequiredService<IOptions<HttpOptions>>().Value.Port;
            throw CannotListen("Http:Port", new IPEndPoint(BindAddressOf(host), port), e);
        }
    }

    private async Task<GatewayListener> OpenGatewayAsync(IHost host)
    {
        await host.Services.GetRequiredService<KafkaQuotas>().OpenAsync();
        var port = host.Services.GetRequiredService<IOptions<KafkaGatewayOptions>>().Value.Port;
        var address = new IPEndPoint(BindAddressOf(host), port);
        if (kafka.Tls is { } tls)
        {
            LogEncrypting(tls.Current.EnabledSslProtocols);
        }

        try
        {
            return await GatewayListener.OpenAsync(
                host.Services.GetRequiredService<IConnectionListenerFactory>(),
                address,
                kafka,
                connections,
                lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is AddressInUseException or SocketException)
        {
            throw CannotListen("Gateways:Kafka:Port", address, e);
        }
    }

    private static IPAddress BindAddressOf(IHost host)
        => host.Services.GetRequiredService<IOptions<SiloOptions>>().Value.BindAddress;

    private static StartFailedException CannotListen(string key, IPEndPoint address, Exception cause)
        => new(
            ExitCode.BadOptions,
            $"{Settings.NameOf(key)}: cannot listen on {address}: {cause.GetBaseException().Message}.",
            cause);

    private async Task WaitForStopAsync(GatewayListener listener)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStopping.Register(stop.SetResult);
        await await Task.WhenAny(stop.Task, listener.Accepting);
    }

    private async Task<ExitCode> CloseClusterAsync()
    {
        try
        {
            await clusterHost.CloseAsync().WaitAsync(CloseTimeout, time);
        }
        catch (TimeoutException)
        {
            LogCloseTimedOut(CloseTimeout);
        }
        catch (Exception e)
        {
            LogCloseFailed(e);
            return ExitCode.StorageUnavailable;
        }

        return ExitCode.Stopped;
    }

    private static IPEndPoint FindHttpAddress(IHost host)
    {
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        return IPEndPoint.Parse(new Uri(addresses.Addresses.First()).Authority);
    }

    private void LogWhereToConnect(IPEndPoint kafka, IPEndPoint http)
    {
        LogListening(kafka, http);
        LogTryIt(ToReachable(kafka), ToReachable(http));
    }

    private void WarnOfStrangers(IHost host, IPEndPoint address)
    {
        var security = host.Services.GetRequiredService<IOptions<SecurityOptions>>().Value;
        if (!IPAddress.IsLoopback(address.Address) && !security.Authenticates)
        {
            LogStrangersWelcome(address);
        }
    }

    // Nobody can connect to "any address"; from this machine its own will do.
    private static IPEndPoint ToReachable(IPEndPoint address)
        => address.Address.Equals(IPAddress.Any) ? new(IPAddress.Loopback, address.Port)
            : address.Address.Equals(IPAddress.IPv6Any) ? new(IPAddress.IPv6Loopback, address.Port)
            : address;

    [LoggerMessage(1001, LogLevel.Information, "listening kafka={Kafka} http={Http}")]
    private partial void LogListening(EndPoint kafka, EndPoint http);

    [LoggerMessage(
        1002,
        LogLevel.Information,
        "Try: kcat -b {Kafka} -L, or open http://{Http}/health/ready. Ctrl+C stops the silo.")]
    private partial void LogTryIt(EndPoint kafka, EndPoint http);

    [LoggerMessage(1003, LogLevel.Information, "Stopping: no new connections; answering what is in flight.")]
    private partial void LogStopping();

    [LoggerMessage(1004, LogLevel.Information, "Stopped.")]
    private partial void LogStopped();

    [LoggerMessage(1005, LogLevel.Critical, "The silo cannot start. {Reason}")]
    private partial void LogStartFailed(string reason);

    [LoggerMessage(1006, LogLevel.Warning, "The cluster did not close within {Timeout}; the next start recovers it.")]
    private partial void LogCloseTimedOut(TimeSpan timeout);

    [LoggerMessage(1007, LogLevel.Error, "The cluster did not close in order; the next start recovers the rest.")]
    private partial void LogCloseFailed(Exception exception);

    [LoggerMessage(1008, LogLevel.Critical, "The silo failed and stops.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(1009, LogLevel.Information, "Kafka connections are encrypted: {Protocols}.")]
    private partial void LogEncrypting(System.Security.Authentication.SslProtocols protocols);

    [LoggerMessage(
        1010,
        LogLevel.Warning,
        "ANYBODY WHO CAN REACH {Address} CAN READ, WRITE AND DELETE EVERYTHING: clients do not have to log in. Listen "
        + "on 127.0.0.1 only, or set --kafka-security sasl_ssl; see docs/security.md.")]
    private partial void LogStrangersWelcome(EndPoint address);
}
