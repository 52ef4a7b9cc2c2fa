using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Numerics;
using System.Runtime.ExceptionServices;
using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Hosting.Segments;

/// <summary>What a block cache did so far.</summary>
/// <param name="Hits">Reads of a block that was there, or on its way.</param>
/// <param name="Misses">Reads of a block that had to be fetched for them.</param>
/// <param name="Prefetched">Blocks fetched before anybody asked for them.</param>
/// <param name="Wasted">Those of them that went before anybody did.</param>
public readonly record struct BlockCacheCounts(long Hits, long Misses, long Prefetched, long Wasted);

/// <summary>Keeps blocks of segments in memory, and fetches the next ones before their reader comes to them.</summary>
/// <remarks>
/// For storage where each read is a request over a network. The block not used for longest goes first; one that is
/// being fetched or read stays. Memory is charged from before a block is fetched until its last reader lets go, so the
/// bound holds at every moment: a read that finds no room goes past the cache, and nothing is fetched ahead.
///
/// Blocks belong to an open segment and go with it, so what a deleted segment had can never be found again. A read that
/// failed is not kept: who was waiting for it gets the error, the next one tries again. Thread-safe. Looking for the
/// oldest block goes through all of them, some nanoseconds each, for every block that is fetched.
/// </remarks>
/// <param name="memory">What blocks are paid from; its owner's.</param>
internal sealed class BlockCache(ByteBudget memory, int blockBytes = BlockCache.DefaultBlockBytes)
{
    /// <summary>
    /// A request to a blob store costs the same for a byte and for this, and waiting for its answer takes longer than
    /// the bytes do; much more would be wasted on whoever looks for one record.
    /// </summary>
    public const int DefaultBlockBytes = 512 * 1_024;

    /// <summary>How many blocks are fetched ahead, at least; as many as the last read took, if more.</summary>
    public const int BlocksAhead = 2;

    /// <summary>A block counts as used, and its reader as on the way to the next, when so much was read.</summary>
    private const double UsedShare = 0.8;

    private readonly ConcurrentDictionary<BlockKey, CachedBlock> _blocks = [];
    private long _uses;
    private long _hits;
    private long _misses;
    private long _prefetched;
    private long _wasted;

    public BlockCacheCounts Counts
        => new(
            Interlocked.Read(ref _hits),
            Interlocked.Read(ref _misses),
            Interlocked.Read(ref _prefetched),
            Interlocked.Read(ref _wasted));

    /// <summary>How many bytes before the end of a segment a reader is to be announced to the next one.</summary>
    /// <remarks>Two reads before: opening a segment takes as long as one, and then its blocks are fetched.</remarks>
    public long AheadBytesFor(int readBytes) => (BlocksAhead * blockBytes) + (2L * readBytes);

    /// <summary>Reads a stretch of a segment's batches. The caller holds the segment.</summary>
    public async ValueTask ReadAsync(
        OpenSegment segment, long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var parts = Split(position, buffer);
        var blocks = new CachedBlock?[parts.Count];
        try
        {
            // All are on their way, and those behind them, before the first is waited for.
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = Find(new(segment, parts[i].Number), parts[i].Buffer.Length);
            }

            if (blocks.Any(IsUsed))
            {
                ReadAhead(segment, parts[^1].Number + 1, Math.Max(BlocksAhead, blocks.Length));
            }

            for (var i = 0; i < blocks.Length; i++)
            {
                await ReadAsync(segment, blocks[i], parts[i], cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var block in blocks.OfType<CachedBlock>())
            {
                Release(block);
            }
        }
    }

    /// <summary>
    /// Sees to it that a reader who reads so many bytes at once finds the first of a segment in memory. The caller
    /// holds the segment.
    /// </summary>
    public void ReadAhead(OpenSegment segment, int readBytes)
        => ReadAhead(segment, 0, (readBytes / blockBytes) + BlocksAhead);

    /// <summary>Lets all blocks of a segment go that nobody holds any more.</summary>
    public void Forget(OpenSegment segment)
    {
        for (var number = 0; (long)number * blockBytes < segment.Footer.BatchBytes; number++)
        {
            if (_blocks.TryRemove(new(segment, number), out var block))
            {
                Release(block);
            }
        }
    }

    // Begins to fetch blocks that are not there, as far as there is room.
    private void ReadAhead(OpenSegment segment, int first, int count)
    {
        var end = (int)Math.Min((long)first + count, (segment.Footer.BatchBytes + blockBytes - 1) / blockBytes);
        for (var number = first; number < end; number++)
        {
            var key = new BlockKey(segment, number);
            if (_blocks.ContainsKey(key))
            {
                continue;
            }

            if (Create(key, isAhead: true) is not { } block)
            {
                return;
            }

            Release(block);
        }
    }

    // The block, held for the caller; null when there is no room for it.
    private CachedBlock? Find(BlockKey key, int bytes)
    {
        while (true)
        {
            if (_blocks.TryGetValue(key, out var block))
            {
                if (block.Holders.TryAdd())
                {
                    block.Touch(Interlocked.Increment(ref _uses));
                    block.AddUse(bytes);
                    Count(ref _hits, EngineMetrics.CacheHits);
                    return block;
                }

                continue; // It went this moment.
            }

            block = Create(key, isAhead: false);
            if (block is not null || !_blocks.ContainsKey(key))
            {
                block?.AddUse(bytes);
                Count(ref _misses, EngineMetrics.CacheMisses);
                return block;
            }
        }
    }

    // A block that was not there, held for the caller; null when there is no room, or another caller came first.
    private CachedBlock? Create(BlockKey key, bool isAhead)
    {
        var length = (int)Math.Min(blockBytes, key.Segment.Footer.BatchBytes - ((long)key.Number * blockBytes));
        var charged = BitOperations.RoundUpToPowerOf2((uint)length); // What the pool gives out.
        if (!TryMakeRoom(charged, isAhead))
        {
            return null;
        }

        EngineMetrics.CacheBytes.Add(charged);
        var block = new CachedBlock(PooledBuffer.Rent(length), charged, isAhead);
        block.Holders.TryAdd();
        block.Touch(Interlocked.Increment(ref _uses));
        if (!_blocks.TryAdd(key, block))
        {
            Free(block);
            return null;
        }

        // On a thread of its own, as local files are read on their caller's. Whoever needs the block waits for it, and
        // the segment is not closed before.
        key.Segment.TryHold();
        _ = Task.Run(() => LoadAsync(key, block));
        return block;
    }

    // What is fetched ahead does not take the place of what was fetched ahead for others: with more readers than there
    // is room for, each would drive out what the next one comes for.
    private bool TryMakeRoom(long bytes, bool isAhead)
    {
        while (!memory.TryReserve(bytes))
        {
            if (FindOldest() is not { } oldest || (isAhead && oldest.Value is { IsAhead: true, UsedBytes: 0 }))
            {
                return false;
            }

            if (_blocks.TryRemove(oldest))
            {
                Release(oldest.Value);
            }
        }

        return true;
    }

    private KeyValuePair<BlockKey, CachedBlock>? FindOldest()
    {
        KeyValuePair<BlockKey, CachedBlock>? oldest = null;
        foreach (var pair in _blocks)
        {
            if (pair.Value is { IsLoaded: true, Holders.AreSeveral: false }
                && (oldest is not { } other || pair.Value.LastUse < other.Value.LastUse))
            {
                oldest = pair;
            }
        }

        return oldest;
    }

    private async Task LoadAsync(BlockKey key, CachedBlock block)
    {
        try
        {
            await key.Segment
                .ReadFileAsync((long)key.Number * blockBytes, block.Memory, CancellationToken.None)
                .ConfigureAwait(false);
            if (block.IsAhead)
            {
                Count(ref _prefetched, EngineMetrics.CachePrefetched);
            }

            block.SetLoaded();
        }
        catch (Exception e)
        {
            if (_blocks.TryRemove(KeyValuePair.Create(key, block)))
            {
                Release(block);
            }

            block.SetFailed(e);
        }
        finally
        {
            await key.Segment.ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask ReadAsync(
        OpenSegment segment, CachedBlock? block, Part part, CancellationToken cancellationToken)
    {
        if (block is null)
        {
            var position = ((long)part.Number * blockBytes) + part.Start;
            await segment.ReadFileAsync(position, part.Buffer, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await block.Loaded.WaitAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        block.Memory.Slice(part.Start, part.Buffer.Length).CopyTo(part.Buffer);
    }

    private List<Part> Split(long position, Memory<byte> buffer)
    {
        List<Part> parts = [];
        for (var filled = 0; filled < buffer.Length; filled += parts[^1].Buffer.Length)
        {
            var (number, start) = Math.DivRem(position + filled, blockBytes);
            var length = Math.Min(blockBytes - (int)start, buffer.Length - filled);
            parts.Add(new((int)number, (int)start, buffer.Slice(filled, length)));
        }

        return parts;
    }

    private static bool IsUsed(CachedBlock? block)
        => block is not null && block.UsedBytes >= UsedShare * block.Memory.Length;

    private void Release(CachedBlock block)
    {
        if (block.Holders.Remove())
        {
            if (block is { IsAhead: true, IsLoaded: true, UsedBytes: 0 })
            {
                Count(ref _wasted, EngineMetrics.CacheWasted);
            }

            Free(block);
        }
    }

    private void Free(CachedBlock block)
    {
        block.Free();
        memory.Release(block.ChargedBytes);
        EngineMetrics.CacheBytes.Add(-block.ChargedBytes);
    }

    private static void Count(ref long count, Counter<long> metric)
    {
        Interlocked.Increment(ref count);
        metric.Add(1);
    }

    /// <summary>What a read wants of one block.</summary>
    /// <param name="Start">Where in the block it begins.</param>
    private readonly record struct Part(int Number, int Start, Memory<byte> Buffer);
}
