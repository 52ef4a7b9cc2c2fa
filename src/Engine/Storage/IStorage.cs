namespace OrleansStream.Engine.Storage;

/// <summary>The three stores a silo keeps its data in, held by this process alone until disposed.</summary>
public interface IStorage : IAsyncDisposable
{
    ISegmentStore Segments { get; }

    IJournalStore Journals { get; }

    ITableStore Tables { get; }
}
