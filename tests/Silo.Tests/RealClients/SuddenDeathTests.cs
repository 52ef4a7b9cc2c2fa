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

    // The N-th sync of each thread that syncs fails with EIO, until somebody was told. Then the disk is well again: the
    // silo has to go on by itself, and a kill must not bring to light that something acknowledged was never written.
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
        tracer.Terminate();
        await tracer.WaitForExitAsync(s_patience);
        await load.MoreAcknowledgedAsync(500);
        await silo.KillAsync();
        await load.EndedAsync();

        Assert.Contains("(INJECTED)", await File.ReadAllTextAsync(trace), StringComparison.Ordinal);
        await using var successor = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
        await load.AssertStoredAsync(successor.KafkaAddress);
    }

    public void Dispose() => _directory.Dispose();

    private string Data => Path.Combine(_directory.Path, "data");
}
