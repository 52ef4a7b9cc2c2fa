using OrleansStream.Crash;
using Xunit.Abstractions;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class CrashTests(ITestOutputHelper testOutput)
{
    // More of the same, for longer: dotnet run -c Release --project tests/Crash -- --azurite --kills 1000
    [Fact]
    public async Task A_silo_on_a_storage_that_comes_and_goes_keeps_every_promise_through_twenty_kills()
        => Assert.Equal(
            0,
            await CrashRun.RunAsync(new CrashOptions(Kills: 20, Seed: 1, OnAzurite: true), testOutput.WriteLine));
}
