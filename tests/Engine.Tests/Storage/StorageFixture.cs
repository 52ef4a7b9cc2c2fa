using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

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

public sealed class LocalFixture : StorageFixture
{
    private readonly TemporaryDirectory _directory = new();

    public override async ValueTask OpenAsync()
        => Storage = await LocalStorage.OpenAsync(_directory.Path, JournalSync.Always, CancellationToken.None);

    public override async ValueTask ReopenAsync()
    {
        await Storage.DisposeAsync();
        await OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

public sealed class MemoryFixture : StorageFixture
{
    public MemoryFixture() => Storage = new MemoryStorage();
}

public sealed class FaultyFixture : StorageFixture
{
    public FaultyFixture() => Storage = new FaultyStorage(seed: 1);
}
