using OrleansStream.Engine.Storage;

namespace OrleansStream.TestKit.Storage;

/// <summary>Opens one kind of storage for the conformance suite, and opens it again.</summary>
public abstract class StorageFixture : IAsyncDisposable
{
    public IStorage Storage { get; protected set; } = null!;

    public virtual ValueTask OpenAsync() => ValueTask.CompletedTask;

    /// <summary>Closes the storage and opens what it left.</summary>
    public virtual ValueTask ReopenAsync() => Storage.DisposeAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Storage.DisposeAsync();
    }
}
