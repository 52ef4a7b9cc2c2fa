using OrleansStream.Engine.Storage;
using Xunit;

namespace OrleansStream.TestKit.Storage;

/// <summary>What every adapter must do. A new adapter adds a fixture and three one-line classes.</summary>
public abstract class StorageConformance<TFixture> : IAsyncLifetime
    where TFixture : StorageFixture, new()
{
    protected static readonly CancellationToken None = CancellationToken.None;

    private readonly TFixture _fixture = new();

    protected IStorage Storage => _fixture.Storage;

    public async Task InitializeAsync() => await _fixture.OpenAsync();

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    protected ValueTask ReopenAsync() => _fixture.ReopenAsync();

    protected static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static async Task<byte[]> ReadAllAsync(IJournalReader reader)
    {
        var bytes = new byte[reader.LengthBytes];
        Assert.Equal(bytes.Length, await reader.ReadAsync(0, bytes, None));
        return bytes;
    }

    protected static async Task<byte[]> ReadAllAsync(ISegmentFile segment)
    {
        var bytes = new byte[segment.LengthBytes];
        Assert.Equal(bytes.Length, await segment.ReadAsync(0, bytes, None));
        return bytes;
    }
}
