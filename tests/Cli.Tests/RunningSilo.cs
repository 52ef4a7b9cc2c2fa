using System.Text;
using OrleansStream.Cli.Terminals;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Cli.Tests;

/// <summary>One silo for all tests of a class, each with topics of its own, and ostream run against it.</summary>
public sealed class RunningSilo : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private SiloProcess? _process;

    public string Address => _process!.KafkaAddress;

    public async Task InitializeAsync() => _process = await SiloProcess.StartAsync(_data.Path);

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    public void Dispose() => _data.Dispose();

    /// <summary>Runs ostream with nothing on its standard input.</summary>
    internal Task<Outcome> RunAsync(params string[] arguments) => RunAsync(Stream.Null, arguments);

    internal Task<Outcome> FeedAsync(string input, params string[] arguments)
        => RunAsync(new MemoryStream(Encoding.UTF8.GetBytes(input)), arguments);

    internal Task<Outcome> RunAsync(Stream input, string[] arguments, CancellationToken cancellationToken = default)
        => Outcome.OfAsync(input, [.. arguments, "--bootstrap", Address], cancellationToken);

    /// <summary>Runs ostream where it is expected to succeed, and returns what it printed.</summary>
    internal async Task<string> SucceedAsync(params string[] arguments) => (await RunAsync(arguments)).Succeeded();
}

/// <summary>How a run of ostream ended.</summary>
internal sealed record Outcome(int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);

    public static async Task<Outcome> OfAsync(
        Stream input, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using var terminal = new Terminal(input, output, error, TimeProvider.System);
        var exitCode = await Ostream.InvokeAsync(arguments, terminal, cancellationToken);
        return new Outcome(exitCode, output.ToArray(), error.ToString());
    }

    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"Ended with {ExitCode}: {Error}");
        return Output;
    }
}
