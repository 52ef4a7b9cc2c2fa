using OrleansStream.TestKit.Clients;

namespace OrleansStream.AzureStorage.Tests;

public sealed class AzuriteTests
{
    // The suites in the folder Azurite are compiled only where it is installed; elsewhere this says why not.
    [FactNeeding("azurite")]
    public void The_suites_that_run_on_Azurite_are_part_of_this_build()
        => Assert.NotNull(Type.GetType($"{typeof(AzuriteTests).Namespace}.Azurite.AzuriteFixture"));
}
