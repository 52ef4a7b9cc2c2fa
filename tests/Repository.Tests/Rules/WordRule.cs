using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>Words that code must not say. Comments and strings may.</summary>
/// <param name="reason">What to do instead.</param>
/// <param name="words">Identifiers and keywords, compared whole.</param>
internal sealed class WordRule(string reason, params IEnumerable<string> words)
{
    private readonly HashSet<string> _words = [.. words];

    /// <summary>The engine's decisions come out the same every time: time and randomness are arguments.</summary>
    public static WordRule Deterministic { get; } = new(
        "the engine's decisions know no clock, logger, lock, task or random source.",
        "TimeProvider", "Stopwatch", "UtcNow", "Now", "TickCount", "TickCount64", "GetTimestamp", "Timer",
        "ILogger", "ILoggerFactory", "LoggerMessage",
        "lock", "Lock", "Monitor", "Mutex", "SemaphoreSlim", "ReaderWriterLockSlim", "SpinLock",
        "Task", "ValueTask", "TaskCompletionSource", "async", "await", "Thread", "ThreadPool", "Channel",
        "Random", "RandomNumberGenerator", "NewGuid", "CreateVersion7");

    /// <summary>A codec turns bytes into messages; where the bytes come from is not its business.</summary>
    public static WordRule NoInputOrOutput { get; } = new(
        "Protocols does no I/O.",
        "File", "FileInfo", "FileStream", "Directory", "DirectoryInfo", "RandomAccess", "SafeFileHandle",
        "StreamReader", "StreamWriter", "Socket", "TcpClient", "TcpListener", "UdpClient", "NetworkStream",
        "HttpClient", "PipeReader", "PipeWriter", "Process", "Console", "Environment");

    /// <summary>Streams stay where the framework's compression leaves no choice.</summary>
    public static WordRule NoStreams { get; } = new(
        "streams belong in Protocols/Batches, around compression.", "Stream", "MemoryStream", "GZipStream");

    public IEnumerable<Violation> Check(CSharpFile file)
        => file.Root.DescendantTokens()
            .Where(token => _words.Contains(token.ValueText))
            .Where(token => token.Parent is not (LiteralExpressionSyntax or InterpolatedStringTextSyntax))
            .Select(token => file.Violation(token, $"'{token.ValueText}': {reason}"));
}
