using System.Text.RegularExpressions;

namespace OrleansStream.TestKit.Clients;

/// <summary>
/// A real silo in a process of its own, as it is built: ports of its own choice, data where it is told.
/// </summary>
public sealed partial class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(10);

    private readonly ChildProcess _child;
    private readonly Action<string>? _report;

    private SiloProcess(ChildProcess child, string kafkaAddress, string httpAddress, Action<string>? report)
    {
        _child = child;
        _report = report;
        KafkaAddress = kafkaAddress;
        HttpAddress = httpAddress;
    }

    public int Id => _child.Id;

    /// <summary>Host and port.</summary>
    public string KafkaAddress { get; }

    /// <summary>Host and port.</summary>
    public string HttpAddress { get; }

    /// <summary>What it printed so far.</summary>
    public string Output => _child.Output;

    /// <summary>Starts a silo and returns once it serves.</summary>
    /// <param name="report">Gets what the silo printed when it is disposed: the test's own output.</param>
    /// <exception cref="InvalidOperationException">
    /// It ended or did not get ready. The message has its output.
    /// </exception>
    public static Task<SiloProcess> StartAsync(
        string dataDirectory, Action<string>? report = null, params IEnumerable<string> options)
        => StartAsync(report, ["--data", dataDirectory, .. options]);

    /// <summary>Starts a silo whose options say where its data is, and returns once it serves.</summary>
    /// <exception cref="InvalidOperationException">
    /// It ended or did not get ready. The message has its output.
    /// </exception>
    public static async Task<SiloProcess> StartAsync(Action<string>? report, IEnumerable<string> options)
    {
        var child = LaunchServing(options);
        try
        {
            var line = await child.WaitForLineAsync("listening kafka=", s_startTimeout);
            var addresses = Addresses().Match(line);
            return new SiloProcess(child, addresses.Groups["kafka"].Value, addresses.Groups["http"].Value, report);
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo that is expected to refuse to run.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(params IEnumerable<string> options)
    {
        await using var child = Launch(options);
        return (await child.WaitForExitAsync(s_startTimeout), child.Output);
    }

    /// <summary>Starts a silo and kills it (SIGKILL) after a while, wherever it has got to by then.</summary>
    /// <returns>What it printed, and the exit code when it had ended by itself before that.</returns>
    public static async Task<(int? ExitCode, string Output)> StartAndKillAsync(
        TimeSpan life, IEnumerable<string> options)
    {
        await using var child = LaunchServing(options);
        await Task.Delay(life, TimeProvider.System);
        await child.KillAsync();
        var exitCode = await child.WaitForExitAsync(s_stopTimeout);
        return (exitCode == ChildProcess.KilledExitCode ? null : exitCode, child.Output);
    }

    /// <summary>Asks it to stop gracefully (SIGTERM), and does not wait.</summary>
    public void RequestStop() => _child.Terminate();

    /// <summary>Stops it gracefully (SIGTERM) and returns its exit code.</summary>
    /// <exception cref="InvalidOperationException">It took longer than a supervisor would wait.</exception>
    public async Task<int> TerminateAsync()
    {
        _child.Terminate();
        return await _child.WaitForExitAsync(s_stopTimeout);
    }

    /// <summary>Kills it (SIGKILL).</summary>
    public Task KillAsync() => _child.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        _report?.Invoke(Output);
    }

    private static ChildProcess LaunchServing(IEnumerable<string> options)
        => Launch(["--kafka-port", "0", "--http-port", "0", .. options]);

    private static ChildProcess Launch(IEnumerable<string> options)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return ChildProcess.Start(dotnet, [FindSilo(), .. options]);
    }

    // artifacts/<setting>/bin/<project>/<configuration>: the tests' own output says which silo belongs to them.
    private static string FindSilo()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(output.Parent!.Parent!.FullName, "Silo", output.Name, "OrleansStream.Silo.dll");
    }

    [GeneratedRegex(@"kafka=(?<kafka>\S+:\d+) http=(?<http>\S+:\d+)")]
    private static partial Regex Addresses();
}
