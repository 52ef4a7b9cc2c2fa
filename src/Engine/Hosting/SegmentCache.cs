using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>A segment open for reading, with its footer; held by the cache and by each reader.</summary>
internal sealed class OpenSegment(ISegmentFile file, SegmentFooter footer)
{
    private int _holders = 1;

    public ISegmentFile File => file;

    public SegmentFooter Footer => footer;

    /// <summary>False when it is closed already.</summary>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    public ValueTask ReleaseAsync()
        => Interlocked.Decrement(ref _holders) == 0 ? file.DisposeAsync() : ValueTask.CompletedTask;
}

/// <summary>Keeps the segments that were read lately open, and checks each footer when it opens one.</summary>
/// <remarks>Thread-safe. Bounded by a number of segments; the one not used for longest is closed first.</remarks>
internal sealed class SegmentCache(ISegmentStore store, int capacity) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(PartitionId, SegmentName), Slot> _open = [];
    private long _uses;

    /// <summary>Opens a segment, or finds it open. The caller releases it.</summary>
    /// <exception cref="StorageDamagedException">
    /// The footer is damaged or is not the one the manifest means.
    /// </exception>
    public async ValueTask<OpenSegment> AcquireAsync(
        PartitionId partition, SegmentEntry entry, CancellationToken cancellationToken)
    {
        var key = (partition, entry.Name);
        while (true)
        {
            if (!_open.TryGetValue(key, out var slot))
            {
                await EvictAsync().ConfigureAwait(false);
                slot = _open.GetOrAdd(key, new Slot(() => OpenAsync(partition, entry)));
            }

            slot.LastUse = Interlocked.Increment(ref _uses);
            try
            {
                var segment = await slot.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                if (segment.TryHold())
                {
                    return segment;
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Another one who asks tries again.
                _open.TryRemove(KeyValuePair.Create(key, slot));
                throw;
            }

            _open.TryRemove(KeyValuePair.Create(key, slot));
        }
    }

    /// <summary>Closes a segment as soon as nobody reads it: it is about to be deleted.</summary>
    public async ValueTask ForgetAsync(PartitionId partition, SegmentName name)
    {
        if (_open.TryRemove((partition, name), out var slot))
        {
            await CloseAsync(slot).ConfigureAwait(false);
        }
    }

    /// <summary>How errors name a segment.</summary>
    public static string Describe(PartitionId partition, SegmentEntry entry)
        => $"Segment {entry.Name} of partition {partition}";

    public async ValueTask DisposeAsync()
    {
        foreach (var (partition, name) in _open.Keys)
        {
            await ForgetAsync(partition, name).ConfigureAwait(false);
        }
    }

    private static async ValueTask CloseAsync(Slot slot)
    {
        var opening = slot.OpenAsync();
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await (await opening.ConfigureAwait(false)).ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask EvictAsync()
    {
        while (_open.Count >= capacity)
        {
            var oldest = _open.MinBy(pair => pair.Value.LastUse);
            if (!_open.TryRemove(oldest))
            {
                return;
            }

            await CloseAsync(oldest.Value).ConfigureAwait(false);
        }
    }

    private async Task<OpenSegment> OpenAsync(PartitionId partition, SegmentEntry entry)
    {
        var file = await store.OpenAsync(partition, entry.Name, CancellationToken.None).ConfigureAwait(false);
        try
        {
            return new OpenSegment(file, await ReadFooterAsync(partition, entry, file).ConfigureAwait(false));
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<SegmentFooter> ReadFooterAsync(
        PartitionId partition, SegmentEntry entry, ISegmentFile file)
    {
        try
        {
            if (file.LengthBytes != entry.FileBytes || file.LengthBytes < SegmentFooter.TrailerBytes)
            {
                throw new InvalidDataException(
                    $"The file has {file.LengthBytes} bytes, the manifest says {entry.FileBytes}.");
            }

            var trailer = new byte[SegmentFooter.TrailerBytes];
            await ReadAsync(file, file.LengthBytes - trailer.Length, trailer).ConfigureAwait(false);
            var footer = new byte[SegmentFooter.SectionBytes(trailer, file.LengthBytes) + trailer.Length];
            await ReadAsync(file, file.LengthBytes - footer.Length, footer).ConfigureAwait(false);
            return Expect(entry, SegmentFooter.Read(footer));
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(Describe(partition, entry), file.LengthBytes, e.Message);
        }
    }

    private static SegmentFooter Expect(SegmentEntry entry, SegmentFooter footer)
        => footer.BatchBytes == entry.BatchBytes && footer.NextOffset == entry.NextOffset
            ? footer
            : throw new InvalidDataException(
                $"It ends at offset {footer.NextOffset}, the manifest says {entry.NextOffset}.");

    private static async Task ReadAsync(ISegmentFile file, long position, Memory<byte> buffer)
    {
        var read = await file.ReadAsync(position, buffer, CancellationToken.None).ConfigureAwait(false);
        if (read != buffer.Length)
        {
            throw new InvalidDataException($"Only {read} of {buffer.Length} bytes are at position {position}.");
        }
    }

    private sealed class Slot(Func<Task<OpenSegment>> open)
    {
        private readonly TaskCompletionSource<OpenSegment> _opened =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private int _begun;

        /// <summary>Opens the segment when asked for the first time.</summary>
        public async Task<OpenSegment> OpenAsync()
        {
            if (Interlocked.Exchange(ref _begun, 1) == 0)
            {
                try
                {
                    _opened.SetResult(await open().ConfigureAwait(false));
                }
                catch (Exception e)
                {
                    _opened.SetException(e);
                }
            }

            return await _opened.Task.ConfigureAwait(false);
        }

        /// <summary>The number of the cache's latest use that was of this segment.</summary>
        public long LastUse { get; set; }
    }
}
