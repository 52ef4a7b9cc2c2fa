using System.Globalization;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>A real silo with tight limits, and a well-behaved client that it serves through all that happens.</summary>
public sealed class HostileSilo : IAsyncLifetime, IDisposable
{
    /// <summary>The largest request the silo takes.</summary>
    public const int MaxFrameBytes = 4 * 1_024 * 1_024;

    // About 200 MB are reached; engine, reads and requests may take 64 MB each, and the collector lets garbage lie a
    // while.
    private const long MaxResidentBytes = 512L * 1_024 * 1_024;

    private readonly TemporaryDirectory _data = new();
    private SiloProcess? _process;
    private Bystander? _bystander;

    public string KafkaAddress => _process!.KafkaAddress;

    public async Task InitializeAsync()
    {
        _process = await SiloProcess.StartAsync(_data.Path, report: null, Options(
            $"Gateways:Kafka:MaxFrameBytes={MaxFrameBytes}",
            "Gateways:Connections:StallTimeout=00:00:01",
            $"Gateways:Connections:MinReceiveRate={MaxFrameBytes}",
            "Gateways:Connections:ReceiveBytes=67108864",
            "Engine:MemoryBytes=67108864",
            "Engine:ReadBytes=67108864"));
        _bystander = await Bystander.StartAsync(KafkaAddress);
    }

    /// <summary>Fails unless the other client was served all the time and is, and memory has stayed bounded.</summary>
    public async Task AssertUnharmedAsync()
    {
        await _bystander!.GoOnAsync();
        Assert.InRange(PeakResidentBytes(), 0, MaxResidentBytes);
        Assert.DoesNotContain("fail: ", _process!.Output, StringComparison.Ordinal);
    }

    /// <summary>Waits for a few more answers to the other client.</summary>
    public Task OthersGoOnAsync() => _bystander!.GoOnAsync();

    /// <summary>Opens a connection that sends what it is told.</summary>
    public Task<RawConnection> OpenAsync() => RawConnection.OpenAsync(KafkaAddress);

    public async Task DisposeAsync()
    {
        if (_bystander is not null)
        {
            await _bystander.DisposeAsync();
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    public void Dispose() => _data.Dispose();

    private static IEnumerable<string> Options(params string[] settings)
        => settings.SelectMany(setting => new[] { "--set", setting });

    // The most it ever was: VmHWM, in KiB. Where there is no /proc only the rest is asserted.
    private long PeakResidentBytes()
    {
        const string Field = "VmHWM:";
        var status = $"/proc/{_process!.Id}/status";
        if (!File.Exists(status))
        {
            return 0;
        }

        var line = File.ReadLines(status).Single(line => line.StartsWith(Field, StringComparison.Ordinal));
        var kibibytes = line[Field.Length..].Replace("kB", "", StringComparison.Ordinal);
        return 1_024 * long.Parse(kibibytes, CultureInfo.InvariantCulture);
    }
}

/// <summary>One silo for all hostile tests: what one of them does must not harm the next.</summary>
[CollectionDefinition(Name)]
public sealed class HostileCollection : ICollectionFixture<HostileSilo>
{
    public const string Name = "Hostile";
}
