using System.Text;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace OrleansStream.Cli.Terminals;

/// <summary>Where the program reads from and writes to: records and results out, all else to the errors.</summary>
internal sealed class Terminal : IDisposable
{
    // EPIPE: with it head and its like say that they have seen enough.
    private const int BrokenPipe = 32;

    // Wide enough that no table is wrapped for a program that reads it.
    private const int PipedWidth = 1_000;

    private readonly StreamWriter _text;

    /// <param name="isScreen">Whether somebody looks at the output.</param>
    /// <param name="isWatched">Whether somebody looks at the errors, where progress is shown.</param>
    public Terminal(
        Stream input, Stream output, TextWriter error, TimeProvider time, bool isScreen = false, bool isWatched = false)
    {
        (Input, Output, Error, Time, IsWatched) = (input, output, error, time, isWatched);
        IsScreen = isScreen;
        _text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true)
        {
            AutoFlush = true,
        };
        Screen = CreateConsole(_text, isScreen);
        Progress = CreateConsole(error, isWatched);
    }

    public Stream Input { get; }

    /// <summary>For bytes, unbuffered. Not at the same time as <see cref="Text"/>.</summary>
    public Stream Output { get; }

    public TextWriter Text => _text;

    public TextWriter Error { get; }

    public TimeProvider Time { get; }

    public bool IsScreen { get; }

    public bool IsWatched { get; }

    /// <summary>Tables and plots.</summary>
    public IAnsiConsole Screen { get; }

    /// <summary>What moves while the program works; it goes where errors go, out of the way of results.</summary>
    public IAnsiConsole Progress { get; }

    public static Terminal OfProcess() => new(
        Console.OpenStandardInput(),
        OpenOutput(),
        Console.Error,
        TimeProvider.System,
        !Console.IsOutputRedirected,
        !Console.IsErrorRedirected);

    /// <summary>Whether a failure is that whoever read the output has left. Then there is nothing more to do.</summary>
    public static bool HasReaderLeft(Exception e) => e is IOException { HResult: BrokenPipe };

    public void Dispose()
    {
        try
        {
            _text.Dispose();
        }
        catch (IOException e) when (HasReaderLeft(e))
        {
            // What is left of the text has no reader.
        }
    }

    // The console's own stream is silent when the reader of a pipe has left, and the program would work on for nobody.
    private static Stream OpenOutput()
    {
        const int StandardOutput = 1;
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            var pipe = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, 0);
            if (!pipe.CanSeek)
            {
                return pipe;
            }
        }

        return Console.OpenStandardOutput();
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isSeen)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isSeen ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isSeen ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isSeen ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isSeen)
        {
            console.Profile.Width = PipedWidth;
        }

        return console;
    }
}
