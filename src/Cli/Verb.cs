using System.CommandLine;

namespace OrleansStream.Cli;

/// <summary>Something that <c>ostream</c> can do: its options, and what it does.</summary>
internal abstract class Verb(string name, string description) : Command(name, description)
{
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public abstract Task<int> RunAsync(Session session, CancellationToken cancellationToken);
}
