using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class EndingTests(ITestOutputHelper testOutput) : IDisposable
{
    private const int Graceful = 0;
    private const int BadOptions = 1;
    private const int StorageNotOpened = 2;

    private static readonly string[] s_anyPorts = ["--kafka-port", "0", "--http-port", "0"];

    private readonly TemporaryDirectory _directory = new();

    [FactNeeding("linux")]
    public async Task A_silo_under_load_stops_gracefully_and_keeps_what_it_acknowledged()
    {
        await using var silo = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
        await using var load = await AcknowledgedLoad.StartAsync(silo.KafkaAddress, "stopped");
        await load.MoreAcknowledgedAsync(2_000);

        Assert.Equal(Graceful, await silo.TerminateAsync());

        await load.EndedAsync();
        await using var successor = await SiloProcess.StartAsync(Data, testOutput.WriteLine);
        await load.AssertStoredAsync(successor.KafkaAddress);
    }

    [FactNeeding("linux")]
    public async Task An_idle_silo_stops_gracefully()
    {
        await using var silo = await SiloProcess.StartAsync(Data, testOutput.WriteLine);

        Assert.Equal(Graceful, await silo.TerminateAsync());
    }

    [Theory]
    [InlineData("--no-such-option", "1")]
    [InlineData("--kafka-port", "70000")]
    [InlineData("--kafka-port", "many")]
    [InlineData("--engine", "steam")]
    [InlineData("--journal-sync", "sometimes")]
    [InlineData("--storage", "tape")]
    public async Task A_bad_option_is_named_and_ends_the_silo(string option, string value)
    {
        var (exitCode, output) = await SiloProcess.RunToEndAsync("--data", Data, option, value);

        Assert.Equal(BadOptions, exitCode);
        Assert.Contains(option.TrimStart('-'), output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_ends_the_silo()
    {
        await File.WriteAllTextAsync(Data, "not a directory");

        var (exitCode, output) = await SiloProcess.RunToEndAsync(["--data", Data, .. s_anyPorts]);

        Assert.Equal(StorageNotOpened, exitCode);
        Assert.Contains(Data, output, StringComparison.Ordinal);
    }

    [FactNeeding("linux")]
    public async Task A_data_directory_in_use_ends_the_second_silo_only()
    {
        await using var first = await SiloProcess.StartAsync(Data, testOutput.WriteLine);

        var (exitCode, output) = await SiloProcess.RunToEndAsync(["--data", Data, .. s_anyPorts]);

        Assert.Equal(StorageNotOpened, exitCode);
        Assert.Contains(Data, output, StringComparison.Ordinal);
        Assert.Equal(Graceful, await first.TerminateAsync());
    }

    public void Dispose() => _directory.Dispose();

    private string Data => Path.Combine(_directory.Path, "data");
}
