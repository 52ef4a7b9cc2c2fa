using OrleansStream.Client;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Cli;

/// <summary>Says in one sentence what went wrong, and with which exit code.</summary>
internal static class Failure
{
    /// <returns>Null for what only a bug explains.</returns>
    public static CommandException? Explain(Exception exception, string bootstrapServers) => exception switch
    {
        CommandException known => known,
        StreamException { Error: ErrorCode.NetworkException } refused => new(
            ExitCode.Unreachable,
            $"No server answers at {bootstrapServers}. {Sentence(refused.Message)} "
                + "Is the silo running, is --bootstrap right, and does it want --tls or --sasl?",
            refused),
        StreamException { Error: ErrorCode.RequestTimedOut } late => new(
            ExitCode.Unreachable, $"{bootstrapServers} did not answer in time: {Sentence(late.Message)}", late),
        StreamException { Error: ErrorCode.SaslAuthenticationFailed } login => new(
            ExitCode.Unreachable, $"The login failed: {Sentence(login.Message)}", login),
        StreamException refusal => new(ExitCode.Refused, Describe(refusal), refusal),
        IOException or UnauthorizedAccessException => new(
            ExitCode.BadData, Sentence(exception.Message), exception),
        ArgumentException argument => new(ExitCode.Usage, Sentence(argument.Message), argument),
        _ => null,
    };

    // The names of the protocol are no sentences; what is met most often gets one.
    private static string Describe(StreamException refusal)
    {
        var hint = refusal.Error switch
        {
            ErrorCode.UnknownTopicOrPartition => "It does not exist; ostream topics list shows what does.",
            ErrorCode.GroupIdNotFound => "There is no such group; ostream groups list shows which there are.",
            ErrorCode.NonEmptyGroup => "It still has members; stop them first.",
            ErrorCode.OffsetOutOfRange => "There is no record at that offset any more, or yet.",
            _ => null,
        };
        return hint is null ? Sentence(refusal.Message) : $"{Sentence(refusal.Message)} {hint}";
    }

    private static string Sentence(string message)
    {
        var line = message.ReplaceLineEndings(" ").Trim();
        return line.EndsWith('.') ? line : line + ".";
    }
}
