using OrleansStream.Crash;
using OrleansStream.TestKit.Clients;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.Crash;

[Trait("Category", "RealClients")]
public sealed class CrashTests(ITestOutputHelper testOutput)
{
    // More of the same, for longer: dotnet run -c Release --project tests/Crash -- --kills 1000
    [FactNeeding("linux")]
    public async Task A_silo_killed_fifty_times_keeps_every_promise()
        => Assert.Equal(0, await CrashRun.RunAsync(new CrashOptions(Kills: 50, Seed: 1, null), testOutput.WriteLine));
}
