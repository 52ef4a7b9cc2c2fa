using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class SuddenDeathTests(ITestOutputHelper testOutput) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task What_was_acknowledged_survives_a_killed_silo()
    {
        await using (var silo = await SiloProcess.StartAsync(Data, testOutput.WriteLine))
        {
            await using var load = await AcknowledgedLoad.StartAsync(silo.KafkaAddress, "killed");
            await load.MoreAcknowledgedAsync(2_000);
            await silo.KillAsync();
            await load.EndedAsync();

            await using var successor = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
            await load.AssertStoredAsync(successor.KafkaAddress);
        }
    }

    // The N-th sync of each thread that syncs fails with EIO. Whoever waited for it has to hear of it, the silo has to
    // go on by itself, and a kill must not bring to light that something acknowledged had been in memory only.
    [TheoryNeeding("strace")]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public async Task A_failed_sync_is_told_and_survived(int failingSync)
    {
        var trace = Path.Combine(_directory.Path, "trace");
        await using var silo = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
        await using var load = await AcknowledgedLoad.StartAsync(silo.KafkaAddress, "failed-sync");
        await load.MoreAcknowledgedAsync(100);
        await using var tracer = ChildProcess.Start(
            "strace", "-f", "-p", $"{silo.Id}", "-o", trace, "-e", "trace=fdatasync,fsync",
            "-e", $"inject=fdatasync,fsync:error=EIO:when={failingSync}");

        await load.RefusedAsync();
        await load.MoreAcknowledgedAsync(500);
        await silo.KillAsync();
        await load.EndedAsync();
        await tracer.WaitForExitAsync(s_patience);

        Assert.Contains("(INJECTED)", await File.ReadAllTextAsync(trace), StringComparison.Ordinal);
        await using var successor = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
        await load.AssertStoredAsync(successor.KafkaAddress);
    }

    public void Dispose() => _directory.Dispose();

    private string Data => Path.Combine(_directory.Path, "data");
}
