using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>One owner's way to a storage that others use as well: every operation is a step.</summary>
/// <param name="steps">Null lets everything happen at once.</param>
internal sealed class SteppedStorage(string owner, MemoryStorage storage, Steps? steps)
    : IStorage, ISharedJournalStore, ISegmentStore, ITableStore
{
    private const int AppendsPerFile = 3;

    private readonly MemoryJournalStore _journals = (MemoryJournalStore)storage.Journals;

    /// <summary>
    /// Whether deleting a segment is a step as well. What goes when its last reader has gone comes at any time.
    /// </summary>
    public bool HoldsSegmentDeletions { get; set; }

    public ISegmentStore Segments => this;

    public IJournalStore Journals => this;

    public ITableStore Tables => this;

    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
        => new JournalWriter(
            this,
            name,
            await RunAsync($"journal create {name}", () => _journals.CreateAsync(name, cancellationToken)));

    public ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
        => RunAsync($"journal open {name}", () => _journals.OpenAsync(name, cancellationToken));

    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
        => RunAsync("journal list", () => _journals.ListAsync(cancellationToken));

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
        => await RunAsync($"journal delete {name}", () => _journals.DeleteAsync(name, cancellationToken));

    public async ValueTask SealAsync(string name, CancellationToken cancellationToken)
        => await RunAsync($"journal seal {name}", () =>
        {
            _journals.Seal(name);
            return default;
        });

    public async ValueTask<ISegmentWriter> CreateAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
        => new SegmentWriter(
            this,
            name,
            await RunAsync(
                $"segment create {name}", () => storage.Segments.CreateAsync(partition, name, cancellationToken)));

    public ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
        => RunAsync($"segment open {name}", () => storage.Segments.OpenAsync(partition, name, cancellationToken));

    public ValueTask<IReadOnlyList<SegmentName>> ListAsync(PartitionId partition, CancellationToken cancellationToken)
        => RunAsync("segment list", () => storage.Segments.ListAsync(partition, cancellationToken));

    public ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
        => storage.Segments.ListPartitionsAsync(cancellationToken);

    public async ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        if (HoldsSegmentDeletions)
        {
            await RunAsync(
                $"segment delete {name}", () => storage.Segments.DeleteAsync(partition, name, cancellationToken));
        }
        else
        {
            await storage.Segments.DeleteAsync(partition, name, cancellationToken);
        }
    }

    public ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
        => storage.Segments.DeletePartitionAsync(partition, cancellationToken);

    public ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken)
        => storage.Segments.SweepAsync(partition, cancellationToken);

    public ValueTask<TableRow?> GetAsync(
        string table, string partitionKey, string rowKey, CancellationToken cancellationToken)
        => RunAsync(
            $"table get {table} {rowKey}",
            () => storage.Tables.GetAsync(table, partitionKey, rowKey, cancellationToken));

    public ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string table, string partitionKey, CancellationToken cancellationToken)
        => RunAsync($"table query {table}", () => storage.Tables.QueryAsync(table, partitionKey, cancellationToken));

    public ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string table,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken)
        => RunAsync(
            $"table execute {table}",
            () => storage.Tables.ExecuteAsync(table, partitionKey, operations, cancellationToken));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<T> RunAsync<T>(string name, Func<ValueTask<T>> operation)
        => steps is null ? operation() : steps.RunAsync(owner, name, operation);

    private async ValueTask RunAsync(string name, Func<ValueTask> operation)
        => await RunAsync(name, async () =>
        {
            await operation();
            return true;
        });

    private sealed class JournalWriter(SteppedStorage owner, string name, IJournalWriter writer) : IJournalWriter
    {
        private int _appends;

        public long LengthBytes => writer.LengthBytes;

        public bool IsFull => _appends >= AppendsPerFile;

        public async ValueTask AppendAsync(
            long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _appends++;
            await owner.RunAsync(
                $"journal append {name}", () => writer.AppendAsync(position, bytes, cancellationToken));
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => writer.FlushAsync(cancellationToken);

        public ValueTask SealAsync(CancellationToken cancellationToken) => writer.SealAsync(cancellationToken);

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }

    private sealed class SegmentWriter(SteppedStorage owner, SegmentName name, ISegmentWriter writer) : ISegmentWriter
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
            => writer.WriteAsync(bytes, cancellationToken);

        public async ValueTask CommitAsync(CancellationToken cancellationToken)
            => await owner.RunAsync($"segment commit {name}", () => writer.CommitAsync(cancellationToken));

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }
}
