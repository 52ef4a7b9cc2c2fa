using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace OrleansStream.TestKit.Clients;

/// <summary>A program at work, with what it prints and the signals it can be sent.</summary>
/// <remarks>Disposing kills it, so that no test leaves a process behind.</remarks>
public sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>The exit code of a program that was killed: 128 and the number of SIGKILL.</summary>
    public const int KilledExitCode = 128 + 9;

    private const int Sigterm = 15;

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    private ChildProcess(Process process)
    {
        _process = process;
        _reading = ReadAllAsync();
    }

    public int Id => _process.Id;

    /// <summary>What it printed so far, errors included.</summary>
    public string Output => string.Join('\n', Lines);

    private string[] Lines
    {
        get
        {
            lock (_output)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>Starts the program with nothing on its standard input.</summary>
    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        return new ChildProcess(process);
    }

    /// <summary>Runs a program to its end and returns the lines it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed, or took too long. The message has its output.</exception>
    public static async Task<string[]> RunAsync(TimeSpan timeout, string program, params IEnumerable<string> arguments)
    {
        await using var child = Start(program, arguments);
        var exitCode = await child.WaitForExitAsync(timeout);
        return exitCode == 0
            ? child.Lines
            : throw new InvalidOperationException($"{program} ended with {exitCode}:\n{child.Output}");
    }

    /// <summary>The first line from now on that contains the text.</summary>
    /// <exception cref="InvalidOperationException">It ended without. The message has its output.</exception>
    public async Task<string> WaitForLineAsync(string text, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(deadline.Token))
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"No '{text}' within {timeout}:\n{Output}");
        }

        throw new InvalidOperationException($"Ended without '{text}':\n{Output}");
    }

    /// <summary>The exit code, once everything it printed has been read.</summary>
    /// <exception cref="InvalidOperationException">It did not end in time. The message has its output.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan timeout)
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _reading).WaitAsync(timeout);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"Still running after {timeout}:\n{Output}");
        }
    }

    /// <summary>Asks it to end (SIGTERM).</summary>
    public void Terminate()
    {
        if (SendSignal(_process.Id, Sigterm) != 0)
        {
            throw new InvalidOperationException($"kill failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Ends it at once (SIGKILL) and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAllAsync()
    {
        await Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        _lines.Writer.Complete();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_output)
            {
                _output.Add(line);
            }

            _lines.Writer.TryWrite(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
