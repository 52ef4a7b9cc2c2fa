using System.Threading.Channels;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Keeps tables in memory and in a log from which they are read back.</summary>
/// <remarks>
/// One loop takes the batches that are ready, decides each against the rows as the ones before it leave them, writes
/// those that pass as one block, syncs once, lets readers see the new rows, and only then answers. Readers use the
/// published state without waiting.
///
/// A full disk refuses the batches of that block and nothing more. Any other failed write or sync leaves open what is
/// on disk, so it ends the store: every later call fails with it.
/// </remarks>
internal sealed class LocalTableStore : ITableStore, IAsyncDisposable
{
    /// <summary>How many batches may wait; the callers of more wait for room.</summary>
    private const int MaxWaiting = 1_024;

    /// <summary>When a block takes no more batches: enough to share a sync, little enough to hold in memory.</summary>
    private const int BlockBytes = 1_024 * 1_024;

    /// <summary>Below this size rewriting the log saves nothing.</summary>
    private const long MinCompactionBytes = 1_024 * 1_024;

    /// <summary>How many times its snapshot a log may grow to: a byte is copied for every three appended.</summary>
    private const int CompactionRatio = 4;

    private readonly Channel<PendingTableBatch> _waiting = Channel.CreateBounded<PendingTableBatch>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly string _directory;
    private readonly Task _loop;

    // Written by the loop only.
    private volatile TableState _published;
    private volatile Exception? _failure;
    private TableLog _log;
    private long _number;
    private long _compactAtBytes;

    private LocalTableStore(string directory, TableState state, long number)
    {
        _directory = directory;
        _published = state;
        _number = number;
        _log = TableLog.Create(directory, number, state);
        _compactAtBytes = CompactionThreshold();
        _loop = RunAsync();
    }

    /// <summary>Reads the log of a directory and begins a new one.</summary>
    /// <remarks>A new one always: what was read back may never have been on disk.</remarks>
    public static LocalTableStore Open(string directory)
    {
        var (state, number) = TableLog.Read(directory);
        return new LocalTableStore(directory, state, number + 1);
    }

    public async ValueTask<TableRow?> GetAsync(
        string table, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        return _published.Find(new(table, partitionKey), rowKey);
    }

    public async ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string table, string partitionKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        return _published.Query(new(table, partitionKey));
    }

    public async ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string table,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken)
    {
        TableRules.Check(table, partitionKey, operations);
        var pending = new PendingTableBatch(new(table, partitionKey), operations);
        try
        {
            await _waiting.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The table store is closed.", e);
        }

        return await pending.Reply.ConfigureAwait(false);
    }

    /// <summary>Completes the batches that wait, then closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        _log.Dispose();
    }

    private async Task RunAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var group = TakeGroup();
            try
            {
                ThrowIfFailed();
                CompactIfDue();
                Execute(group);
            }
            catch (Exception e)
            {
                // The loop goes on, to tell everyone who still waits.
                var failure = Keep(e);
                group.ForEach(pending => pending.Fail(failure));
            }
        }
    }

    private List<PendingTableBatch> TakeGroup()
    {
        var group = new List<PendingTableBatch>();
        long valueBytes = 0;
        while (valueBytes < BlockBytes && _waiting.Reader.TryRead(out var pending))
        {
            group.Add(pending);
            valueBytes += pending.ValueBytes;
        }

        return group;
    }

    private void CompactIfDue()
    {
        if (_log.LengthBytes < _compactAtBytes)
        {
            return;
        }

        try
        {
            var log = TableLog.Create(_directory, _number + 1, _published);
            _number++;
            _log.Dispose();
            _log = log;
            _compactAtBytes = CompactionThreshold();
        }
        catch (DiskFullException)
        {
            // The log grows on; trying again at once would only fail again.
            _compactAtBytes *= 2;
        }
    }

    private void Execute(List<PendingTableBatch> group)
    {
        var state = _published;
        var block = new TableLogBlock();
        foreach (var pending in group)
        {
            if (pending.Decide(state) is { } batch)
            {
                state = state.Apply(batch);
                block.Add(batch);
            }
        }

        if (!block.IsEmpty)
        {
            _log.Append(block);
            _published = state;
        }

        group.ForEach(pending => pending.Answer());
    }

    private long CompactionThreshold() => Math.Max(MinCompactionBytes, CompactionRatio * _log.LengthBytes);

    private IOException Keep(Exception e)
    {
        if (e is not DiskFullException)
        {
            _failure ??= e;
        }

        return e as IOException ?? Failed(e);
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw Failed(failure);
        }
    }

    private IOException Failed(Exception failure)
        => new($"The tables in {_directory} failed before: {failure.Message}", failure);
}
