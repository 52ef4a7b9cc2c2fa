using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class AzureStorageTests(ITestOutputHelper testOutput)
{
    [FactNeeding("azurite")]
    public async Task What_was_acknowledged_survives_a_killed_silo_on_Azure()
    {
        using var directory = new TemporaryDirectory();
        await using var azurite = await AzuriteProcess.StartAsync();
        string[] options = ["--storage", $"azure:{azurite.ConnectionString}", "--set", "Azure:TakeOver=true"];
        await using var silo = await SiloProcess.StartAsync(directory.Path, testOutput.WriteLine, options);
        await using var load = await AcknowledgedLoad.StartAsync(silo.KafkaAddress, "killed");
        await load.MoreAcknowledgedAsync(500);
        await silo.KillAsync();
        await load.EndedAsync();

        await using var successor = await SiloProcess.StartAsync(directory.Path, testOutput.WriteLine, options);
        await load.AssertStoredAsync(successor.KafkaAddress);

        Assert.DoesNotContain("AccountKey", silo.Output + successor.Output, StringComparison.Ordinal);
        Assert.Equal(0, await successor.TerminateAsync());
    }
}
