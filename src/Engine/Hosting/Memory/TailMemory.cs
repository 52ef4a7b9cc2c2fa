using System.Collections.Concurrent;
using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Hosting.Memory;

/// <summary>
/// Gives tails their chunks, keeps a few large ones for reuse, and gives the budget back what they held.
/// </summary>
/// <remarks>
/// Only chunks of the largest size are kept: a busy partition goes through thousands of them, and fresh memory costs
/// more than the copy into it. At most a sixteenth of the budget lies idle here.
/// </remarks>
internal sealed class TailMemory(ByteBudget budget) : ITailMemory
{
    private const int PooledChunkBytes = Tail.MaxChunkBytes;

    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly long _maxFree = budget.CapacityBytes / 16 / PooledChunkBytes;
    private int _freeCount;

    public byte[] Rent(int sizeBytes)
    {
        if (sizeBytes == PooledChunkBytes && _free.TryTake(out var chunk))
        {
            Interlocked.Decrement(ref _freeCount);
            return chunk;
        }

        return GC.AllocateUninitializedArray<byte>(sizeBytes);
    }

    public void Return(byte[] chunk, long chargedBytes)
    {
        if (chunk.Length == PooledChunkBytes)
        {
            if (Interlocked.Increment(ref _freeCount) <= _maxFree)
            {
                _free.Add(chunk);
            }
            else
            {
                Interlocked.Decrement(ref _freeCount);
            }
        }

        budget.Release(chargedBytes);
    }
}
