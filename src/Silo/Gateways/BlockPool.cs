using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace OrleansStream.Silo.Gateways;

/// <summary>
/// Gives the transport large blocks for its pipes, so that one system call moves 64 KiB instead of 4.
/// </summary>
/// <remarks>
/// Blocks are pinned, because the kernel reads and writes them. Returned blocks are kept up to a bound; beyond it they
/// go to the garbage collector. Thread-safe.
/// </remarks>
internal sealed class BlockPool : MemoryPool<byte>
{
    public const int BlockBytes = 64 * 1_024;

    // 16 MiB: enough for the pipes of a handful of connections at full speed.
    private const int MaxIdleBlocks = 256;

    private readonly ConcurrentQueue<Block> _idle = [];
    private int _idleCount;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_idle.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _idleCount);
            block.Rented = true;
            return block;
        }

        return new Block(this) { Rented = true };
    }

    protected override void Dispose(bool disposing) => _idle.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _idleCount) <= MaxIdleBlocks)
        {
            _idle.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _idleCount);
        }
    }

    /// <summary>Makes the pools the web server asks for. Each server part has one of its own.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public bool Rented { get; set; }

        public Memory<byte> Memory => _bytes;

        public void Dispose()
        {
            if (Rented)
            {
                Rented = false;
                pool.Return(this);
            }
        }
    }
}
