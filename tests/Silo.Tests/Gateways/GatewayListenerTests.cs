using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansStream.Silo.Gateways;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class GatewayListenerTests
{
    [Fact]
    public async Task Clients_are_served_over_tcp_and_stay_connected_when_accepting_ends()
    {
        using var gateway = new GatewayHarness();
        var listener = await OpenAsync(gateway, port: 0);
        var address = (IPEndPoint)listener.Address;
        using var client = await ConnectAsync(address);
        await EchoAsync(client, "while accepting");

        await listener.DisposeAsync();

        await EchoAsync(client, "after accepting");
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(address));
        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
    }

    [Fact]
    public async Task A_megabyte_goes_there_and_back()
    {
        using var gateway = new GatewayHarness();
        await using var listener = await OpenAsync(gateway, port: 0);
        using var client = await ConnectAsync((IPEndPoint)listener.Address);

        await EchoAsync(client, new string('x', 1_024 * 1_024));

        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
    }

    [Fact]
    public async Task Connections_beyond_the_accept_rate_are_served_when_it_is_their_turn()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { MaxAcceptRate = 2 });
        await using var listener = await OpenAsync(gateway, port: 0);
        var clients = new List<TcpClient>();
        for (var i = 0; i < 4; i++)
        {
            clients.Add(await ConnectAsync((IPEndPoint)listener.Address));
        }

        // Two are the burst, and after the third somebody has to wait.
        await EchoAsync(clients[2], "served");
        var last = EchoAsync(clients[3], "has to wait");
        Assert.Equal(3, gateway.Connections.Count);
        while (!last.IsCompleted)
        {
            gateway.Time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.Yield();
        }

        await last;
        clients.ForEach(client => client.Dispose());
        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
    }

    [Fact]
    public async Task An_address_in_use_is_refused()
    {
        using var gateway = new GatewayHarness();
        await using var listener = await OpenAsync(gateway, port: 0);

        await Assert.ThrowsAsync<AddressInUseException>(
            () => OpenAsync(gateway, ((IPEndPoint)listener.Address).Port));
    }

    private static Task<GatewayListener> OpenAsync(GatewayHarness gateway, int port)
        => GatewayListener.OpenAsync(
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            new IPEndPoint(IPAddress.Loopback, port),
            gateway.Gateway,
            gateway.Connections,
            CancellationToken.None);

    private static async Task<TcpClient> ConnectAsync(IPEndPoint address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address);
        return client;
    }

    private static async Task EchoAsync(TcpClient client, string text)
    {
        var frame = GatewayClient.ToFrame(System.Text.Encoding.ASCII.GetBytes(text));
        var reply = new byte[frame.Length];
        var writing = client.GetStream().WriteAsync(frame).AsTask();
        await client.GetStream().ReadExactlyAsync(reply).AsTask().WaitAsync(Waits.Long);
        await writing;
        Assert.Equal(frame, reply);
    }
}
