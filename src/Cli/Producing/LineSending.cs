using OrleansStream.Cli.Records;
using OrleansStream.Cli.Terminals;
using OrleansStream.Client;

namespace OrleansStream.Cli.Producing;

/// <summary>Sends lines until the end, or until it is stopped; then waits until all that was sent is stored.</summary>
internal sealed class LineSending(
    Producer producer, RecordParser parser, LineReader lines, double? rate, Terminal terminal)
{
    // Often enough for the eye, seldom enough to cost nothing.
    private const int RecordsPerReport = 1_000;

    private readonly long _start = terminal.Time.GetTimestamp();
    private readonly Pacer _pacer = new(rate, terminal.Time);

    public long RecordCount { get; private set; }

    /// <summary>Of the lines.</summary>
    public long Bytes => lines.TakenBytes;

    public TimeSpan Elapsed => terminal.Time.GetElapsedTime(_start);

    /// <summary>How fast it goes on average, in words.</summary>
    public string Rate
    {
        get
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 1e-3);
            return FormattableString.Invariant(
                $"{RecordCount / seconds:#,0} records/s, {Bytes / seconds / 1_000_000:0.0} MB/s");
        }
    }

    /// <param name="totalBytes">Null where nobody knows.</param>
    /// <returns>Whether it was stopped before the end.</returns>
    /// <exception cref="CommandException">A line is not what it should be; those before it are stored.</exception>
    public async Task<bool> RunAsync(long? totalBytes, bool isShown, CancellationToken cancellationToken)
    {
        var wasStopped = false;
        await ProgressLine.RunAsync(terminal, isShown, parser.Topic, totalBytes, async report =>
        {
            try
            {
                await SendAllAsync(report, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                wasStopped = true;
            }
            finally
            {
                await producer.FlushAsync(CancellationToken.None);
            }
        });
        return wasStopped;
    }

    private async Task SendAllAsync(Action<double, string> report, CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken))
        {
            while (lines.TryTake(out var line))
            {
                var delay = _pacer.DelayBefore(RecordCount);
                if (delay > TimeSpan.Zero)
                {
                    await Task.Delay(delay, terminal.Time, cancellationToken);
                }

                cancellationToken.ThrowIfCancellationRequested();
                await producer.PostAsync(Parse(line), cancellationToken);
                if (++RecordCount % RecordsPerReport == 0 || delay > TimeSpan.Zero)
                {
                    report(Bytes, Rate);
                }
            }
        }
    }

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadAsync(cancellationToken);
        }
        catch (FormatException e)
        {
            throw Wrong(lines.LineCount + 1, e);
        }
    }

    private OutgoingRecord Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return parser.Parse(line);
        }
        catch (FormatException e)
        {
            throw Wrong(lines.LineCount, e);
        }
    }

    private static CommandException Wrong(long line, FormatException e)
        => new(ExitCode.BadData, $"Line {line}: {e.Message}. The lines before it were sent.", e);
}
