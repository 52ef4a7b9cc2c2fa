using System.Security.Cryptography;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Cli.Tests;

/// <summary>The program as it is built, as a process of its own, with a real file.</summary>
public sealed class MillionRecordsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private const int Count = 1_000_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    [FactNeeding("linux")]
    public async Task A_million_records_of_a_file_come_back_byte_for_byte()
    {
        using var directory = new TemporaryDirectory();
        var sent = Path.Combine(directory.Path, "sent");
        var received = Path.Combine(directory.Path, "received");
        await File.WriteAllLinesAsync(sent, JsonLines.Take(Count));

        await RunAsync($"produce million {sent} --partition 0");
        await RunAsync($"consume million > {received}");

        Assert.Equal(await HashAsync(sent), await HashAsync(received));
    }

    [FactNeeding("linux")]
    public async Task It_ends_when_whoever_reads_its_output_has_seen_enough()
    {
        // More than a pipe holds: what is written after the reader left must fail.
        await RunAsync("produce endless < <(seq 1000000)");

        Assert.Equal(["1"], await RunAsync("consume endless --follow --from beginning | head -n 1"));
    }

    [FactNeeding("linux")]
    public async Task Asked_to_end_it_commits_and_ends_well()
    {
        await RunAsync("produce followed <<< hello");
        await using var following = ChildProcess.Start(
            Dotnet, Program, "consume", "followed", "--follow", "--group", "followers", "-b", silo.Address);
        await following.WaitForLineAsync("hello", s_patience);

        following.Terminate();

        Assert.Equal(0, await following.WaitForExitAsync(s_patience));
        Assert.Contains(
            "\"lag\": 0",
            await silo.SucceedAsync("groups", "describe", "followers", "--json"),
            StringComparison.Ordinal);
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Program => Path.Combine(AppContext.BaseDirectory, "ostream.dll");

    private Task<string[]> RunAsync(string command) => ChildProcess.RunAsync(
        s_patience,
        "bash",
        "-c",
        $"set -e; ostream() {{ {Dotnet} {Program} \"$@\" --bootstrap {silo.Address}; }}; ostream {command}");

    private static async Task<string> HashAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexString(await SHA256.HashDataAsync(stream));
    }
}
