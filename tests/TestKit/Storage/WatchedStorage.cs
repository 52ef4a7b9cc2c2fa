using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.TestKit.Storage;

/// <summary>
/// A storage that counts what is read of it, and lets reads of segments and rows wait or fail. Thread-safe.
/// </summary>
/// <param name="isRemote">Whether it says that its segments are read over a network.</param>
public sealed class WatchedStorage(IStorage storage, bool isRemote = false) : IStorage
{
    private long _opened;
    private long _closed;
    private long _reads;
    private long _readBytes;
    private long _listed;
    private long _rows;

    /// <summary>How many segments were opened.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>How many segments are open.</summary>
    public long Open => Opened - Interlocked.Read(ref _closed);

    /// <summary>How often something was read of a segment, those that failed included.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    public long ReadBytes => Interlocked.Read(ref _readBytes);

    /// <summary>How many names of segments were listed.</summary>
    public long Listed => Interlocked.Read(ref _listed);

    /// <summary>How many rows were read.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Comes before each read of a segment, with the position; what it throws the reader gets.</summary>
    public Func<long, Task> OnRead { get; set; } = _ => Task.CompletedTask;

    /// <summary>Comes before each query, with the name of the table; what it throws the caller gets.</summary>
    public Func<string, Task> OnQuery { get; set; } = _ => Task.CompletedTask;

    public ISegmentStore Segments => new SegmentStore(this, storage.Segments, isRemote);

    public IJournalStore Journals => storage.Journals;

    public ITableStore Tables => new TableStore(this, storage.Tables);

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    private sealed class SegmentStore(WatchedStorage watch, ISegmentStore segments, bool isRemote) : ISegmentStore
    {
        public bool IsRemote => isRemote;

        public ValueTask<ISegmentWriter> CreateAsync(PartitionId partition, SegmentName name, CancellationToken token)
            => segments.CreateAsync(partition, name, token);

        public async ValueTask<ISegmentFile> OpenAsync(
            PartitionId partition, SegmentName name, CancellationToken token)
        {
            var file = await segments.OpenAsync(partition, name, token);
            Interlocked.Increment(ref watch._opened);
            return new SegmentFile(watch, file);
        }

        public async ValueTask<IReadOnlyList<SegmentName>> ListAsync(PartitionId partition, CancellationToken token)
        {
            var names = await segments.ListAsync(partition, token);
            Interlocked.Add(ref watch._listed, names.Count);
            return names;
        }

        public ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken token)
            => segments.ListPartitionsAsync(token);

        public ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken token)
            => segments.DeleteAsync(partition, name, token);

        public ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken token)
            => segments.DeletePartitionAsync(partition, token);

        public ValueTask SweepAsync(PartitionId partition, CancellationToken token)
            => segments.SweepAsync(partition, token);
    }

    private sealed class SegmentFile(WatchedStorage watch, ISegmentFile file) : ISegmentFile
    {
        private volatile bool _isClosed;

        public long LengthBytes => file.LengthBytes;

        public async ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken token)
        {
            Interlocked.Increment(ref watch._reads);
            await watch.OnRead(position);
            ObjectDisposedException.ThrowIf(_isClosed, this);
            var count = await file.ReadAsync(position, buffer, token);
            Interlocked.Add(ref watch._readBytes, count);
            return count;
        }

        public ValueTask DisposeAsync()
        {
            _isClosed = true;
            Interlocked.Increment(ref watch._closed);
            return file.DisposeAsync();
        }
    }

    private sealed class TableStore(WatchedStorage watch, ITableStore tables) : ITableStore
    {
        public async ValueTask<TableRow?> GetAsync(
            string table, string partitionKey, string rowKey, CancellationToken token)
        {
            var row = await tables.GetAsync(table, partitionKey, rowKey, token);
            Interlocked.Add(ref watch._rows, row is null ? 0 : 1);
            return row;
        }

        public async ValueTask<IReadOnlyList<TableRow>> QueryAsync(
            string table, string partitionKey, CancellationToken token)
        {
            await watch.OnQuery(table);
            var rows = await tables.QueryAsync(table, partitionKey, token);
            Interlocked.Add(ref watch._rows, rows.Count);
            return rows;
        }

        public ValueTask<IReadOnlyList<string?>> ExecuteAsync(
            string table, string partitionKey, IReadOnlyList<TableOperation> operations, CancellationToken token)
            => tables.ExecuteAsync(table, partitionKey, operations, token);
    }
}
