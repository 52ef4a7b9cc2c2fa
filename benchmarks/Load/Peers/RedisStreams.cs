using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Load.Peers;

/// <summary>A Redis server without persistence, into whose stream redis-benchmark adds records by pipelining.</summary>
internal sealed partial class RedisStreams : IAsyncDisposable
{
    private const int Clients = 8;
    private const int Pipeline = 100;
    private const string Stream = "records";

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);

    private readonly ChildProcess _server;
    private readonly string _port;

    private RedisStreams(ChildProcess server, string port)
    {
        _server = server;
        _port = port;
    }

    /// <summary>Null where Redis is not installed.</summary>
    public static async Task<RedisStreams?> TryStartAsync()
    {
        var port = FreePort();
        try
        {
            var server = ChildProcess.Start(
                "redis-server", "--port", port, "--save", "", "--appendonly", "no", "--bind", "127.0.0.1");
            await server.WaitForLineAsync("Ready to accept connections", s_startTimeout);
            return new RedisStreams(server, port);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <returns>Records; Redis is asked afterwards how many it has.</returns>
    public async Task<Throughput> AddAsync(int records, int recordBytes)
    {
        await CallAsync("DEL", Stream);
        var count = records.ToString(CultureInfo.InvariantCulture);
        string[] options = ["-p", _port, "-q", "-c", $"{Clients}", "-P", $"{Pipeline}", "-n", count];
        string[] command = ["XADD", Stream, "*", "v", new string('v', recordBytes)];
        var lines = await ChildProcess.RunAsync(s_timeout, "redis-benchmark", [.. options, .. command]);
        var rate = Rate().Matches(string.Join('\n', lines)) is { Count: > 0 } rates
            ? double.Parse(rates[^1].Groups["rate"].ValueSpan, CultureInfo.InvariantCulture)
            : throw new WrongResultException("redis-benchmark printed no rate.");
        var stored = long.Parse(await CallAsync("XLEN", Stream), CultureInfo.InvariantCulture);
        WrongResultException.ThrowUnlessEqual(records, stored, "Records in the Redis stream");
        return new(records, TimeSpan.FromSeconds(records / rate));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<string> CallAsync(params string[] command)
        => (await ChildProcess.RunAsync(s_timeout, "redis-cli", ["-p", _port, .. command]))[0];

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(?<rate>[\d.]+) requests per second")]
    private static partial Regex Rate();
}
