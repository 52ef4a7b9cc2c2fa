using System.CommandLine;
using OrleansStream.Cli.Terminals;
using OrleansStream.Engine.Inspection;

namespace OrleansStream.Cli.Storage;

/// <summary><c>ostream storage verify</c>: reads everything and checks it.</summary>
internal sealed class VerifyStorage : Verb
{
    private readonly Argument<string> _storage = StorageArguments.Create("storage", "Where the records are kept");

    public VerifyStorage()
        : base("verify", "Check every checksum and every index of a storage that no silo has open.")
        => Arguments.Add(_storage);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var storage = await StorageArguments
            .OpenAsync(session, _storage, mayBeNew: false, cancellationToken);
        var cluster = await StoredCluster.ReadAsync(storage.Tables, cancellationToken);
        var total = cluster.Partitions.Sum(partition => partition.FileBytes);
        VerificationReport? report = null;
        await ProgressLine.RunAsync(
            session.Terminal,
            session.Terminal.IsWatched,
            "reading",
            total,
            async show => report = await new StorageVerification(storage, cluster)
                .RunAsync(bytes => show(bytes, $"{bytes:N0} of {total:N0} bytes"), cancellationToken));
        session.Results.Show(report!, () => Print(session, report!));
        return report!.Faults.Count == 0 ? ExitCode.Success : ExitCode.BadData;
    }

    private static void Print(Session session, VerificationReport report)
    {
        foreach (var fault in report.Faults)
        {
            session.Results.Line(fault);
        }

        session.Results.Line(
            $"{report.Segments} segments and {report.JournalFiles} journal files, {report.FileBytes} bytes: "
            + (report.Faults.Count == 0 ? "all is as it was written." : $"{report.Faults.Count} damaged."));
        if (report.Orphans.Count > 0)
        {
            session.Results.Line(
                $"{report.Orphans.Count} segments are leftovers that nothing refers to; a silo deletes them.");
        }
    }
}
