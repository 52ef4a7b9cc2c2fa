namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Keeps everything in this process's memory, for tests and for servers that may forget.</summary>
/// <remarks>
/// What is stored lives as long as this object: disposing it forgets nothing, so that a service can be closed and
/// opened over it again. A file holds at most 2 GiB.
/// </remarks>
public sealed class MemoryStorage : IStorage
{
    public ISegmentStore Segments { get; } = new MemorySegmentStore();

    public IJournalStore Journals { get; } = new MemoryJournalStore();

    public ITableStore Tables { get; } = new MemoryTableStore();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
