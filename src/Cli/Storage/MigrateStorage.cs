using System.CommandLine;
using OrleansStream.Cli.Terminals;
using OrleansStream.Engine.Inspection;

namespace OrleansStream.Cli.Storage;

/// <summary><c>ostream storage migrate</c>: copies a cluster's data to another storage.</summary>
internal sealed class MigrateStorage : Verb
{
    private readonly Argument<string> _source = StorageArguments.Create("source", "The storage to copy, which stays");
    private readonly Argument<string> _target = StorageArguments.Create("target", "An empty storage to copy it to");

    public MigrateStorage()
        : base("migrate", "Copy all data from one storage to another, or finish a copy that was interrupted.")
    {
        Arguments.Add(_source);
        Arguments.Add(_target);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var source = await StorageArguments
            .OpenAsync(session, _source, mayBeNew: false, cancellationToken);
        await using var target = await StorageArguments
            .OpenAsync(session, _target, mayBeNew: true, cancellationToken);
        var done = default(MigrationProgress);
        try
        {
            await ProgressLine.RunAsync(
                session.Terminal,
                session.Terminal.IsWatched,
                "copying",
                total: 1,
                async show => done = await new StorageMigration(source, target)
                    .RunAsync(progress => Show(progress, show), cancellationToken));
        }
        catch (InvalidOperationException e)
        {
            throw new CommandException(ExitCode.Refused, e.Message, e);
        }

        session.Results.Done(
            done,
            $"Copied {done.Segments - done.SkippedSegments} segments; {done.SkippedSegments} were there already. "
            + $"The target now holds {done.Bytes} bytes, each of them read back and checked.");
        return ExitCode.Success;
    }

    private static void Show(MigrationProgress progress, Action<double, string> show)
        => show(
            progress.TotalBytes == 0 ? 1 : (double)progress.Bytes / progress.TotalBytes,
            $"{progress.Segments} of {progress.TotalSegments} segments, {progress.Bytes:N0} bytes");
}
