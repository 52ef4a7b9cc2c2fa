using OrleansStream.Engine.Log.Compaction;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>A pass of compaction, and those who work for it at the same time on successive pieces of the log.</summary>
/// <remarks>
/// A pass costs processor time more than anything else, as its reads are mostly from the system's cache. Most of it
/// can be done for each piece alone; only the notes are taken in order, while the next pieces are prepared.
/// </remarks>
internal sealed class CompactionWorkers(CompactionPass pass) : IDisposable
{
    /// <summary>One whose piece is being taken in, and one ahead of it. More gained nothing.</summary>
    private const int Count = 2;

    public CompactionPass Pass => pass;

    public IReadOnlyList<DirtyKeys> Keys { get; } = [.. Enumerable.Range(0, Count).Select(_ => pass.CreateKeys())];

    public IReadOnlyList<BatchCompactor> Compactors { get; } =
        [.. Enumerable.Range(0, Count).Select(_ => new BatchCompactor(pass))];

    public void Dispose()
    {
        foreach (var keys in Keys)
        {
            keys.Dispose();
        }

        pass.Dispose();
    }
}
