using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Storage;

/// <summary>Azurite, which keeps all in its memory and lives as long as the run, behind a network that fails.</summary>
/// <remarks>
/// The silo gives a request few tries and short pauses, so that some disturbances are over before it gives up, and
/// others outlast it. Every silo is started when the one before is known to be dead, so it need not wait for its lease.
/// </remarks>
internal sealed class DisturbedAzurite : SiloStorage
{
    private const int MaxPauseMs = 500;
    private const int MaxCutOffMs = 400;
    private const int MaxDelayMs = 20;

    private readonly AzuriteProcess _azurite;
    private readonly FaultProxy _blobs = FaultProxy.StartForBytes();
    private readonly FaultProxy _tables = FaultProxy.StartForBytes();

    private DisturbedAzurite(AzuriteProcess azurite, string directory)
    {
        _azurite = azurite;
        SiloOptions =
        [
            "--data", directory,
            "--storage", $"azure:{AzuriteProcess.Connect(_blobs.Address, _tables.Address)}",
            "--set", "Azure:TakeOver=true",
            "--set", "Azure:Retries=3",
            "--set", "Azure:RetryDelay=00:00:00.020",
            "--set", "Azure:RequestTimeout=00:00:05",
        ];
        Heal();
    }

    public override IReadOnlyList<string> SiloOptions { get; }

    public override bool MayFail => true;

    public override int BatchesDivisor => 5;

    public override string Remains => "The data is gone with Azurite";

    public static async Task<DisturbedAzurite> StartAsync(string directory)
        => new(await AzuriteProcess.StartAsync(), directory);

    public override async Task DisturbAsync(Random random, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await DisturbOnceAsync(random.Next(2) == 0 ? _blobs : _tables, random, cancellationToken);
                await PauseAsync(random.Next(MaxPauseMs), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            Heal();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _blobs.DisposeAsync();
        await _tables.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    private async Task DisturbOnceAsync(FaultProxy way, Random random, CancellationToken cancellationToken)
    {
        switch (random.Next(5))
        {
            case 0 or 1:
                way.CutReply();
                break;
            case 2:
                way.CutRequest();
                break;
            case 3:
                way.ReplyDelay = TimeSpan.FromMilliseconds(random.Next(MaxDelayMs));
                break;
            default:
                way.CutOff();
                await PauseAsync(random.Next(MaxCutOffMs), cancellationToken);
                Heal();
                break;
        }
    }

    private void Heal()
    {
        (_blobs.Target, _tables.Target) = (_azurite.BlobAddress, _azurite.TableAddress);
        (_blobs.ReplyDelay, _tables.ReplyDelay) = (TimeSpan.Zero, TimeSpan.Zero);
        _blobs.CutNothing();
        _tables.CutNothing();
    }

    private static Task PauseAsync(int milliseconds, CancellationToken cancellationToken)
        => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, cancellationToken);
}
