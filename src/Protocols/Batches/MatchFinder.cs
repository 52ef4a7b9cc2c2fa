using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Protocols.Batches;

/// <summary>A stretch of a block that repeats what stands <paramref name="Distance"/> bytes before it.</summary>
internal readonly record struct Match(int Start, int Length, int Distance)
{
    public int End => Start + Length;
}

/// <summary>Finds repetitions in a block: the greedy first half of both the LZ4 and the Snappy compressor.</summary>
/// <remarks>
/// A table remembers the last position of each hash of four bytes. Positions have 16 bits, so a block has at most
/// <see cref="MaxBlockBytes"/>. The longer nothing is found, the larger the steps, so that bytes which cannot be
/// compressed cost little. Matches keep the distances to the end of the block that LZ4 demands:
/// https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md#end-of-block-restrictions
/// </remarks>
/// <param name="table">Zeroed memory of <see cref="TableEntryCount"/>.</param>
internal readonly ref struct MatchFinder(ReadOnlySpan<byte> block, Span<ushort> table)
{
    public const int MaxBlockBytes = 64 * 1_024;

    public const int MinMatchBytes = sizeof(uint);

    public const int TableEntryCount = 1 << HashBits;

    private const int HashBits = 13;

    /// <summary>How many of a block's last bytes are literals in any case.</summary>
    private const int LastLiteralBytes = 5;

    /// <summary>How far from the end of the block a match begins at least.</summary>
    private const int LastMatchDistance = 12;

    /// <summary>After 2^6 misses in a row every second position is tried, after as many again every third.</summary>
    private const int MissesPerStepBits = 6;

    private readonly ReadOnlySpan<byte> _block = block;
    private readonly Span<ushort> _table = table[..TableEntryCount];

    /// <summary>Finds the first repetition that begins at or after a position; false when there is none.</summary>
    public bool TryFind(int from, out Match match)
    {
        Debug.Assert(_block.Length <= MaxBlockBytes);

        var misses = 1 << MissesPerStepBits;
        var last = _block.Length - LastMatchDistance;
        for (var position = from; position <= last; position += misses++ >> MissesPerStepBits)
        {
            var candidate = Remember(position);
            if (candidate < position && ReadUInt32(candidate) == ReadUInt32(position))
            {
                match = Extend(from, position, candidate);
                Remember(match.End - 2);
                return true;
            }
        }

        match = default;
        return false;
    }

    /// <summary>Puts a position into the table; returns the one it replaces.</summary>
    private int Remember(int position)
    {
        ref var entry = ref _table[(int)((ReadUInt32(position) * 2_654_435_761) >> (32 - HashBits))];
        var replaced = entry;
        entry = (ushort)position;
        return replaced;
    }

    /// <summary>Makes a match of four bytes as long as it can be, in both directions.</summary>
    private Match Extend(int from, int position, int candidate)
    {
        var end = position + MinMatchBytes;
        end += CommonLength(end, candidate + MinMatchBytes);
        var start = position;
        while (start > from && candidate > 0 && _block[start - 1] == _block[candidate - 1])
        {
            start--;
            candidate--;
        }

        return new Match(start, end - start, start - candidate);
    }

    /// <summary>How many bytes at a position equal those at an earlier one.</summary>
    private int CommonLength(int position, int earlier)
    {
        var start = position;
        var limit = _block.Length - LastLiteralBytes;
        while (position <= limit - sizeof(ulong))
        {
            var difference = ReadUInt64(position) ^ ReadUInt64(earlier);
            if (difference != 0)
            {
                return position + (BitOperations.TrailingZeroCount(difference) / 8) - start;
            }

            position += sizeof(ulong);
            earlier += sizeof(ulong);
        }

        while (position < limit && _block[position] == _block[earlier])
        {
            position++;
            earlier++;
        }

        return position - start;
    }

    // Every position compared lies before LastMatchDistance or LastLiteralBytes, so these never read past the block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint ReadUInt32(int position)
    {
        Debug.Assert(position >= 0 && position <= _block.Length - sizeof(uint));
        return Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_block), position));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadUInt64(int position) => BinaryPrimitives.ReadUInt64LittleEndian(_block[position..]);
}
