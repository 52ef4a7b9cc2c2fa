using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Segments;

/// <summary>Keeps the segments that were read lately open, and checks each footer when it opens one.</summary>
/// <remarks>
/// Thread-safe. Bounded by a number of segments and by the bytes of their indexes; the one not used for longest is
/// closed first.
/// </remarks>
/// <param name="blocks">What the segments are read through; null to read their files.</param>
internal sealed class SegmentCache(ISegmentStore store, int capacity, long indexBytes, BlockCache? blocks = null)
    : IAsyncDisposable
{
    /// <summary>
    /// How many reads before the end of a local segment the next one is opened, which takes a disk as long as one or
    /// two, and how many bytes at least: readers of a few records are quick.
    /// </summary>
    private const int ReadsAhead = 4;
    private const int MinAheadBytes = 128 * 1_024;

    private readonly ConcurrentDictionary<(PartitionId Partition, SegmentName Name), Slot> _open = [];
    private readonly ConcurrentDictionary<OpenSegment, bool> _closing = []; // Let go, but still being read.
    private long _indexBytes;
    private long _uses;

    /// <summary>
    /// How many bytes before the end of a segment a reader is to be announced to the next one, by what it reads at
    /// once.
    /// </summary>
    public long AheadBytesFor(int readBytes)
        => blocks?.AheadBytesFor(readBytes) ?? Math.Max(MinAheadBytes, (long)ReadsAhead * readBytes);

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

    /// <summary>Closes all segments of a partition that is deleted, and waits until none closed is read.</summary>
    public async ValueTask ForgetAsync(PartitionId partition)
    {
        foreach (var key in _open.Keys.Where(key => key.Partition == partition))
        {
            await ForgetAsync(partition, key.Name).ConfigureAwait(false);
        }

        await WaitForReadersAsync().ConfigureAwait(false);
    }

    /// <summary>How errors name a segment.</summary>
    public static string Describe(PartitionId partition, SegmentEntry entry)
        => $"Segment {entry.Name} of partition {partition}";

    /// <summary>Closes all segments, and waits for those that are being read.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _open)
        {
            if (_open.TryRemove(pair))
            {
                await CloseAsync(pair.Value).ConfigureAwait(false);
            }
        }

        await WaitForReadersAsync().ConfigureAwait(false);
    }

    private Task WaitForReadersAsync() => Task.WhenAll(_closing.Keys.Select(segment => segment.Closed));

    // Whoever still reads the segment closes it.
    private async ValueTask CloseAsync(Slot slot)
    {
        var opening = slot.OpenAsync();
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!opening.IsCompletedSuccessfully)
        {
            return;
        }

        var segment = await opening.ConfigureAwait(false);
        Interlocked.Add(ref _indexBytes, -segment.Footer.IndexBytes);
        _closing.TryAdd(segment, true);
        await segment.ReleaseAsync().ConfigureAwait(false);
        foreach (var closed in _closing.Keys.Where(other => other.Closed.IsCompleted))
        {
            _closing.TryRemove(closed, out _);
        }
    }

    private async ValueTask EvictAsync()
    {
        while (_open.Count >= capacity || Interlocked.Read(ref _indexBytes) > indexBytes)
        {
            // FirstOrDefault does with the smallest what MinBy does, and is content with none.
            var oldest = _open.OrderBy(pair => pair.Value.LastUse).FirstOrDefault();
            if (oldest.Value is not { } slot || !_open.TryRemove(oldest))
            {
                return;
            }

            await CloseAsync(slot).ConfigureAwait(false);
        }
    }

    private async Task<OpenSegment> OpenAsync(PartitionId partition, SegmentEntry entry)
    {
        var file = await store.OpenAsync(partition, entry.Name, entry.FileBytes, CancellationToken.None)
            .ConfigureAwait(false);
        try
        {
            var footer = await ReadFooterAsync(partition, entry, file).ConfigureAwait(false);
            Interlocked.Add(ref _indexBytes, footer.IndexBytes);
            return new OpenSegment(Describe(partition, entry), file, footer, blocks);
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
            if (file.LengthBytes != entry.FileBytes)
            {
                throw new InvalidDataException(
                    $"The file has {file.LengthBytes} bytes, the manifest says {entry.FileBytes}.");
            }

            var bytes = new byte[Math.Max(SegmentFooter.TrailerBytes, entry.FileBytes - entry.BatchBytes)];
            var position = entry.FileBytes - bytes.Length;
            if (position < 0 || await file.ReadAsync(position, bytes, CancellationToken.None).ConfigureAwait(false)
                != bytes.Length)
            {
                throw new InvalidDataException($"There are no {bytes.Length} bytes for a footer.");
            }

            var sections = SegmentFooter.SectionBytes(bytes.AsSpan()[^SegmentFooter.TrailerBytes..], entry.FileBytes);
            return sections + SegmentFooter.TrailerBytes == bytes.Length
                ? Expect(entry, SegmentFooter.Read(bytes))
                : throw new InvalidDataException(
                    $"Its sections have {sections} bytes, the manifest says that all behind the batches are "
                    + $"{bytes.Length}.");
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
