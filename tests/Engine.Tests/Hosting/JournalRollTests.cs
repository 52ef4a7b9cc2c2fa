using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class JournalRollTests
{
    [Fact]
    public async Task A_file_that_its_store_calls_full_is_followed_by_the_next()
    {
        await using var storage = new StorageOfShortFiles(appendsPerFile: 3);
        await using (var store = await TestStore.OpenAsync(storage))
        {
            await store.AppendAsync(await store.CreateAsync("topic"), Enumerable.Range(1, 10));

            Assert.Equal(4, (await storage.Journals.ListAsync(CancellationToken.None)).Count);
        }

        await using var successor = await TestStore.OpenAsync(storage);
        Assert.Equal(Enumerable.Range(1, 10), await TestStore.ReadAllAsync(await successor.OpenAsync("topic")));
    }

    private sealed class StorageOfShortFiles(int appendsPerFile) : IStorage, IJournalStore
    {
        private readonly MemoryStorage _memory = new();

        public ISegmentStore Segments => _memory.Segments;

        public IJournalStore Journals => this;

        public ITableStore Tables => _memory.Tables;

        public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
            => new Writer(await _memory.Journals.CreateAsync(name, cancellationToken), appendsPerFile);

        public ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
            => _memory.Journals.OpenAsync(name, cancellationToken);

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
            => _memory.Journals.ListAsync(cancellationToken);

        public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
            => _memory.Journals.DeleteAsync(name, cancellationToken);

        public ValueTask DisposeAsync() => _memory.DisposeAsync();
    }

    private sealed class Writer(IJournalWriter file, int appends) : IJournalWriter
    {
        private int _left = appends;

        public long LengthBytes => file.LengthBytes;

        public bool IsFull => _left == 0;

        public ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            Assert.True(_left-- > 0);
            return file.AppendAsync(position, bytes, cancellationToken);
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => file.FlushAsync(cancellationToken);

        public ValueTask SealAsync(CancellationToken cancellationToken) => file.SealAsync(cancellationToken);

        public ValueTask DisposeAsync() => file.DisposeAsync();
    }
}
