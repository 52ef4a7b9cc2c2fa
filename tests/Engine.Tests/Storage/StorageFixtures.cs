using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

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
