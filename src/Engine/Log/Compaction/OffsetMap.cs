using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The last offset of each key in a stretch of a log, in memory of a fixed size.</summary>
/// <remarks>
/// A hash table of buckets, each a cache line of four entries that are compared at once; what finds its bucket full
/// goes to the next one. So a key costs 16 bytes and mostly one read of memory, and no branch that cannot be foreseen.
/// A key is known by 96 bits of its hash, of which none says where its entry is looked for; offsets count from the
/// first one of the stretch.
///
/// A key is only compared with those few that lie where it belongs, about 14 where the map is as full as it may get.
/// So among a billion records, one is taken for another key's with a probability of less than 10^-18; and then the
/// older record of the two is lost.
///
/// Not thread-safe: the pass that fills it owns it.
/// </remarks>
public sealed class OffsetMap : IDisposable
{
    public const int EntryBytes = Bucket.Bytes / Bucket.EntryCount;

    /// <summary>How full it may get: beyond it, searches for a free place become long.</summary>
    private const double MaxLoad = 0.8;

    private const int MaxLength = int.MaxValue / Bucket.Bytes; // Its bytes are one span.

    private readonly long _startOffset;
    private readonly TableMemory _memory;
    private readonly int _length;
    private readonly int _capacity;

    /// <param name="startOffset">No offset before it is noted.</param>
    /// <param name="keys">How many keys are expected at most.</param>
    /// <param name="maxBytes">The memory it takes at most, but that of one bucket at least.</param>
    public OffsetMap(long startOffset, long keys, long maxBytes)
    {
        _startOffset = startOffset;
        var needed = Math.Min(keys, (long)MaxLength * Bucket.EntryCount) / (MaxLoad * Bucket.EntryCount);
        _length = (int)Math.Clamp(needed + 1, 1, Math.Clamp(maxBytes / Bucket.Bytes, 1, MaxLength));
        _capacity = (int)(_length * Bucket.EntryCount * MaxLoad);
        _memory = new TableMemory(_length * Bucket.Bytes);
    }

    public int Count { get; private set; }

    private Span<Bucket> Buckets => MemoryMarshal.Cast<byte, Bucket>(_memory.Span);

    /// <summary>Has the processor fetch what a key will need soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(in KeyHash key)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Buckets[IndexOf(key)]));
        }
    }

    /// <summary>Notes the last offset of a key. Offsets come in ascending order.</summary>
    /// <param name="formerOffset">The offset noted for the key before; -1 for none.</param>
    /// <returns>False when there is no room for another key; then nothing is noted.</returns>
    public bool TryPut(in KeyHash key, long offset, out long formerOffset)
    {
        ref var bucket = ref Find(key, out var entry);
        var former = bucket.GetNext(entry);
        var isNew = former == 0;
        formerOffset = isNew ? -1 : _startOffset + former - 1;
        if (offset - _startOffset > Bucket.MaxRelativeOffset || (isNew && Count == _capacity))
        {
            return false;
        }

        Count += isNew ? 1 : 0;
        bucket.Set(entry, key, (uint)(offset - _startOffset) + 1);
        return true;
    }

    /// <summary>Whether a later record than the one at an offset has the same key.</summary>
    public bool IsSuperseded(in KeyHash key, long offset)
    {
        var next = Find(key, out var entry).GetNext(entry);
        return offset + 1 < _startOffset + next && next != 0;
    }

    public void Dispose() => _memory.Dispose();

    // Where the key's entry is, or the free one that it would take.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Bucket Find(in KeyHash key, out int entry)
    {
        var buckets = Buckets;
        var index = IndexOf(key);
        while (!buckets[index].TryFind(key, out entry))
        {
            index = index + 1 == buckets.Length ? 0 : index + 1;
        }

        return ref buckets[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int IndexOf(in KeyHash key) => (int)(((key.High >> 32) * (uint)_length) >> 32);

    /// <summary>Some entries, each field of all of them together. Those that are used come first.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Bytes)]
    private struct Bucket
    {
        public const int Bytes = 64;
        public const int EntryCount = 4;
        public const uint MaxRelativeOffset = uint.MaxValue - 1;

        private Vector128<uint> _low;
        private Vector128<uint> _middle;
        private Vector128<uint> _high;
        private Vector128<uint> _next; // After the relative offset; zero where the entry is not used.

        /// <summary>Finds the entry of a key, or else the first free one. False when there is neither.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool TryFind(in KeyHash key, out int entry)
        {
            // A free entry may look like a key whose hash is zero: then it is the one to find, if no other is.
            var isOfKey = Vector128.Equals(_low, Vector128.Create((uint)key.Low))
                & Vector128.Equals(_middle, Vector128.Create((uint)(key.Low >> 32)))
                & Vector128.Equals(_high, Vector128.Create((uint)key.High));
            var isFree = Vector128.Equals(_next, Vector128<uint>.Zero);
            var found = (isOfKey | isFree).ExtractMostSignificantBits();
            entry = BitOperations.TrailingZeroCount(found);
            return found != 0;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly uint GetNext(int entry) => _next[entry];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Set(int entry, in KeyHash key, uint next)
        {
            Set(ref _low, entry, (uint)key.Low);
            Set(ref _middle, entry, (uint)(key.Low >> 32));
            Set(ref _high, entry, (uint)key.High);
            Set(ref _next, entry, next);
        }

        private static void Set(ref Vector128<uint> field, int entry, uint value)
            => Unsafe.Add(ref Unsafe.As<Vector128<uint>, uint>(ref field), entry) = value;
    }
}
