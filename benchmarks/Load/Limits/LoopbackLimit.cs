using System.Net;
using System.Net.Sockets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Limits;

/// <summary>
/// How many bytes go through one loopback connection, sender and receiver on this machine's processors.
/// </summary>
internal static class LoopbackLimit
{
    private const int BufferBytes = 1_024 * 1_024;

    /// <returns>Bytes.</returns>
    public static async Task<Throughput> MeasureAsync(TimeSpan time)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptTcpClientAsync();

        var receiving = ReceiveAsync(server.Client);
        var sent = await ClosedLoop.RunAsync(1, time, async (_, deadline) =>
        {
            var count = await SendAsync(client.Client, deadline);
            client.Client.Shutdown(SocketShutdown.Send);
            WrongResultException.ThrowUnlessEqual(count, await receiving, "Bytes received");
            return count;
        });
        return sent;
    }

    private static async Task<long> SendAsync(Socket socket, Deadline deadline)
    {
        var buffer = new byte[BufferBytes];
        var count = 0L;
        while (!deadline.IsOver)
        {
            count += await socket.SendAsync(buffer);
        }

        return count;
    }

    private static async Task<long> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[BufferBytes];
        var count = 0L;
        while (await socket.ReceiveAsync(buffer) is var received && received > 0)
        {
            count += received;
        }

        return count;
    }
}
