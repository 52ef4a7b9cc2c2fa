using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>A batch on its way into the journal.</summary>
/// <param name="Cursor">Null for a waiter that only waits for what is before it.</param>
/// <param name="Batch">Lies in the tail and does not change.</param>
/// <param name="Ticket">Whom to answer after the flush.</param>
internal readonly record struct JournalEntry(
    JournalCursor? Cursor, ReadOnlyMemory<byte> Batch, long FirstOffset, long NextOffset, AppendTicket Ticket);

/// <summary>The write-ahead log that all partitions of a silo share, so that one flush serves all who wait.</summary>
/// <remarks>
/// Partitions enqueue from their turns, in offset order. One loop takes everything queued, writes it as one block,
/// flushes once, moves the high watermarks and answers the waiters. The first failure ends the journal for good:
/// everyone who waits or comes later gets it, and the file is not touched again.
///
/// The queue needs no bound of its own: each batch was reserved in the budget for memory before it came here, with more
/// than the overhead that the capacity is reckoned with, so there is always room for it.
/// </remarks>
internal sealed partial class Journal : IAsyncDisposable
{
    /// <summary>What each entry costs besides its bytes: index entry, queue slot and bookkeeping.</summary>
    public const int EntryOverheadBytes = 128;

    private readonly IJournalStore _store;
    private readonly JournalOptions _options;
    private readonly ByteBudget _space; // Charged by the hosts with every entry, released when a file goes.
    private readonly ILogger _logger;
    private readonly Channel<JournalEntry> _queue;
    private readonly JournalBlockWriter _block;
    private readonly ConcurrentQueue<JournalFile> _files = [];
    private readonly Action<Exception> _onFailure;
    private readonly JournalClaim? _claim; // Null where this process has the storage to itself.
    private IJournalWriter _writer = null!; // Set by OpenAsync.
    private Task _loop = Task.CompletedTask;
    private JournalFile? _current;

    private Journal(JournalName name, HostServices services)
    {
        _store = services.Storage.Journals;
        _options = services.Options.Journal;
        _space = services.JournalSpace;
        _logger = services.Logger;
        _onFailure = services.Fail;
        _claim = _store is ISharedJournalStore ? new JournalClaim(services.Storage.Tables, name.ToString()) : null;
        _queue = Channel.CreateBounded<JournalEntry>(new BoundedChannelOptions(QueueCapacity(services.Options))
        {
            SingleReader = true,
            AllowSynchronousContinuations = false,
        });
        _block = new JournalBlockWriter(name.Id, _options.MaxBlockBytes);
        Name = name;
    }

    /// <summary>What head rows call this journal.</summary>
    public JournalName Name { get; }

    /// <summary>The number of the file that is written now; older ones may be trimmed.</summary>
    public long CurrentFile => Volatile.Read(ref _current)!.Number;

    /// <summary>Creates a journal with its first file.</summary>
    public static async Task<Journal> OpenAsync(
        JournalName name, HostServices services, CancellationToken cancellationToken)
    {
        var journal = new Journal(name, services);
        await journal.RollAsync(cancellationToken).ConfigureAwait(false);
        journal._loop = journal.RunAsync();
        return journal;
    }

    /// <summary>Queues a batch. Called from its partition's turn, so the journal has them in offset order.</summary>
    /// <returns>False when the journal has failed or is closed.</returns>
    public bool TryEnqueue(in JournalEntry entry) => _queue.Writer.TryWrite(entry);

    /// <summary>Waits until all that was queued before is done with, whether it was stored or failed.</summary>
    public async Task DrainAsync(AppendTicket ticket)
    {
        try
        {
            await _queue.Writer.WriteAsync(new JournalEntry(null, default, -1, -1, ticket)).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            await _loop.ConfigureAwait(false);
            ticket.Succeed();
        }

        await ticket.Waiter!.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Deletes the files before one that somebody still needs. One call at a time.</summary>
    /// <param name="oldestNeeded">
    /// At most <see cref="CurrentFile"/> as it was before the need was determined; more only to end a closed journal.
    /// </param>
    public async Task TrimAsync(long oldestNeeded, CancellationToken cancellationToken)
    {
        while (_files.TryPeek(out var file) && file.Number < oldestNeeded)
        {
            await _store.DeleteAsync(Name.File(file.Number), cancellationToken).ConfigureAwait(false);
            _files.TryDequeue(out _);
            _space.Release(file.ChargedBytes);
        }

        if (_files.IsEmpty && _claim is not null)
        {
            await _claim.EndAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Flushes what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    // What the budget for memory can hold: each entry was reserved there with at least its overhead.
    private static int QueueCapacity(EngineOptions options)
        => (int)Math.Min(options.MemoryBytes / EntryOverheadBytes, int.MaxValue);

    private async Task RunAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                _block.Begin();
                while (_queue.Reader.TryPeek(out var entry) && _block.TryAdd(entry))
                {
                    _queue.Reader.TryRead(out _);
                }

                await WriteBlockAsync().ConfigureAwait(false);
                _block.Complete(CurrentFile);
                await RollIfFullAsync().ConfigureAwait(false);

                // Those just answered stand before this loop in the pool's queue. What they append at once shares the
                // next flush, instead of waiting for one that only the quickest of them got into.
                await Task.Yield();
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task WriteBlockAsync()
    {
        if (_block.IsEmpty)
        {
            return;
        }

        var bytes = _block.Finish();
        await _writer.AppendAsync(_writer.LengthBytes, bytes, CancellationToken.None).ConfigureAwait(false);
        await _writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        _current!.ChargedBytes += _block.ChargedBytes;
    }

    // At once, not with the next block: a full file can be trimmed only when it is no longer the current one, and there
    // may be no next block before that gives back its room.
    private async ValueTask RollIfFullAsync()
    {
        if (_writer.IsFull || _writer.LengthBytes >= _options.FileBytes)
        {
            await RollAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task RollAsync(CancellationToken cancellationToken)
    {
        var file = new JournalFile(_current is null ? 0 : _current.Number + 1);
        var next = await _store.CreateAsync(Name.File(file.Number), cancellationToken).ConfigureAwait(false);
        if (_writer is not null)
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }

        _writer = next;
        if (_claim is not null)
        {
            await _claim.ExtendAsync(file.Number, cancellationToken).ConfigureAwait(false);
        }

        _files.Enqueue(file);
        Volatile.Write(ref _current, file);
    }

    private void Fail(Exception e)
    {
        LogFailed(e, Name.ToString());
        _queue.Writer.TryComplete(e);
        _onFailure(e);
        _block.Fail(e.Message);
        while (_queue.Reader.TryRead(out var entry))
        {
            entry.Ticket.Fail(StreamError.StorageFailed, e.Message);
        }
    }

    private sealed class JournalFile(long number)
    {
        public long Number => number;

        public long ChargedBytes { get; set; }
    }

    [LoggerMessage(2001, LogLevel.Error, "Journal {Name} failed; its partitions are reopened from storage.")]
    private partial void LogFailed(Exception exception, string name);
}
