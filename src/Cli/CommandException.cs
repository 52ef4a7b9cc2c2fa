namespace OrleansStream.Cli;

/// <summary>A reason to stop that the user can do something about; the message is all that is printed.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
internal sealed class CommandException(int exitCode, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public int ExitCode => exitCode;
}
