namespace OrleansStream.Cli;

/// <summary>What a script can tell from how the program ended. Documented in docs/cli.md.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The doctor found something, or something happened that nobody foresaw.</summary>
    public const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>The cluster cannot be reached, did not answer in time, or refused the login.</summary>
    public const int Unreachable = 3;

    /// <summary>The cluster refused what was asked of it.</summary>
    public const int Refused = 4;

    /// <summary>A file cannot be read or written, or its contents are not what they should be.</summary>
    public const int BadData = 5;

    /// <summary>Interrupted before it was done: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 128 + 2;
}
