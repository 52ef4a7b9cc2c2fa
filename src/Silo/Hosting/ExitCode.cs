namespace OrleansStream.Silo.Hosting;

/// <summary>What the process answers to whoever started it. Scripts rely on the values.</summary>
internal enum ExitCode
{
    /// <summary>Stopped because it was asked to, with nothing lost.</summary>
    Stopped = 0,

    /// <summary>An option is wrong, or an address cannot be listened on.</summary>
    BadOptions = 1,

    /// <summary>The storage cannot be opened, or could not be closed.</summary>
    StorageUnavailable = 2,

    /// <summary>A bug, or something no other value stands for. The log has the exception.</summary>
    Failed = 3,
}

/// <summary>The silo cannot start. The message is a sentence for whoever started it.</summary>
internal sealed class StartFailedException(ExitCode exitCode, string message, Exception inner)
    : Exception(message, inner)
{
    public ExitCode ExitCode => exitCode;
}
