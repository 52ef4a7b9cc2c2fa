using System.Text.Json;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Cli.Tests;

public sealed class StorageTests : IDisposable
{
    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public async Task A_stopped_silo_is_verified_inspected_and_copied_and_the_copy_serves()
    {
        var lines = string.Concat(Enumerable.Range(0, 5_000).Select(number => $"key-{number % 7}:line {number}\n"));
        await using (var silo = await SiloProcess.StartAsync(_source.Path))
        {
            (await RunAsync("topics", "create", "lines", "--partitions", "3", "-b", silo.KafkaAddress)).Succeeded();
            (await Outcome.OfAsync(
                new MemoryStream(System.Text.Encoding.UTF8.GetBytes(lines)),
                ["produce", "lines", "-K", ":", "-b", silo.KafkaAddress])).Succeeded();
            var inUse = await RunAsync("storage", "verify", $"local:{_source.Path}");
            Assert.Equal(5, inUse.ExitCode);
            Assert.Contains("in use by another process", inUse.Error, StringComparison.Ordinal);
            await silo.KillAsync();
        }

        (await RunAsync("storage", "verify", $"local:{_source.Path}")).Succeeded();
        (await RunAsync("storage", "migrate", $"local:{_source.Path}", $"local:{_target.Path}")).Succeeded();
        var report = (await RunAsync("storage", "inspect", $"local:{_target.Path}", "--json")).Succeeded();
        using var inspected = JsonDocument.Parse(report);
        Assert.Equal(
            5_000,
            inspected.RootElement.GetProperty("partitions").EnumerateArray()
                .Sum(partition => partition.GetProperty("head").GetProperty("nextOffset").GetInt64()));

        await using var copy = await SiloProcess.StartAsync(_target.Path);
        var read = (await RunAsync("consume", "lines", "-K", ":", "-b", copy.KafkaAddress)).Succeeded();
        Assert.Equal(Sorted(lines), Sorted(read));

        var again = await RunAsync("storage", "migrate", $"local:{_source.Path}", $"local:{_source.Path}");
        Assert.NotEqual(0, again.ExitCode);
    }

    [Fact]
    public async Task Damage_is_named_and_ends_with_exit_code_5()
    {
        await using (var silo = await SiloProcess.StartAsync(_source.Path))
        {
            await Outcome.OfAsync(
                new MemoryStream("one\n"u8.ToArray()), ["produce", "lines", "-b", silo.KafkaAddress]);
            await silo.TerminateAsync();
        }

        var segment = Directory.GetFiles(_source.Path, "*.segment", SearchOption.AllDirectories)[0];
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[^40] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);

        var outcome = await RunAsync("storage", "verify", $"local:{_source.Path}");
        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("of lines-0 is damaged", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_not_made()
    {
        var missing = Path.Combine(_source.Path, "missing");

        var outcome = await RunAsync("storage", "inspect", $"local:{missing}");

        Assert.Equal((5, $"ostream: There is no directory {missing}.\n"), (outcome.ExitCode, outcome.Error));
        Assert.False(Directory.Exists(missing));
    }

    private static Task<Outcome> RunAsync(params string[] arguments) => Outcome.OfAsync(Stream.Null, arguments);

    private static IEnumerable<string> Sorted(string lines) => lines.Split('\n').Order(StringComparer.Ordinal);
}
