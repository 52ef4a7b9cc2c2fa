using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The last offset of each key in a stretch of a log, in memory of a fixed size.</summary>
/// <remarks>
/// Open addressing over one table, so that a key costs 16 bytes and mostly one cache line. A key is known by 96 bits of
/// its hash, of which none says where its entry is looked for; offsets count from the first one of the stretch.
///
/// A key is only compared with those few that lie where it belongs, about 13 where the map is as full as it may get. So
/// among a billion records, one is taken for another key's with a probability of less than 10^-18; and then the older
/// record of the two is lost.
///
/// Not thread-safe: the pass that fills it owns it.
/// </remarks>
public sealed class OffsetMap : IDisposable
{
    public const int EntryBytes = 16;

    /// <summary>How full it may get: beyond it, searches for a free place become long.</summary>
    private const double MaxLoad = 0.8;

    private const int MaxLength = int.MaxValue / EntryBytes; // Its bytes are one span.

    private readonly long _startOffset;
    private readonly TableMemory _memory;
    private readonly int _length;
    private readonly int _capacity;

    /// <param name="startOffset">No offset before it is noted.</param>
    /// <param name="keys">How many keys are expected at most.</param>
    /// <param name="maxBytes">The memory it takes at most, however many keys are expected.</param>
    public OffsetMap(long startOffset, long keys, long maxBytes)
    {
        _startOffset = startOffset;
        var needed = Math.Min(keys, MaxLength) / MaxLoad;
        _length = (int)Math.Clamp(needed + 1, 2, Math.Clamp(maxBytes / EntryBytes, 2, MaxLength));
        _capacity = Math.Max(1, (int)(_length * MaxLoad));
        _memory = new TableMemory(_length * EntryBytes);
    }

    public int Count { get; private set; }

    private Span<Entry> Entries => MemoryMarshal.Cast<byte, Entry>(_memory.Span);

    /// <summary>Has the processor fetch what a key will need soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(in KeyHash key)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Entries[IndexOf(key)]));
        }
    }

    /// <summary>Notes the last offset of a key. Offsets come in ascending order.</summary>
    /// <param name="formerOffset">The offset noted for the key before; -1 for none.</param>
    /// <returns>False when there is no room for another key; then nothing is noted.</returns>
    public bool TryPut(in KeyHash key, long offset, out long formerOffset)
    {
        ref var entry = ref Find(key);
        formerOffset = entry.IsUsed ? _startOffset + entry.RelativeOffset : -1;
        if (offset - _startOffset > Entry.MaxRelativeOffset || (!entry.IsUsed && Count == _capacity))
        {
            return false;
        }

        Count += entry.IsUsed ? 0 : 1;
        entry = new Entry(key, (uint)(offset - _startOffset));
        return true;
    }

    /// <summary>Whether a later record than the one at an offset has the same key.</summary>
    public bool IsSuperseded(in KeyHash key, long offset)
    {
        ref var entry = ref Find(key);
        return entry.IsUsed && offset < _startOffset + entry.RelativeOffset;
    }

    public void Dispose() => _memory.Dispose();

    // The key's entry, or the free one where it belongs.
    private ref Entry Find(in KeyHash key)
    {
        var entries = Entries;
        var index = IndexOf(key);
        while (entries[index].IsUsed && !entries[index].IsOf(key))
        {
            index = index + 1 == entries.Length ? 0 : index + 1;
        }

        return ref entries[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int IndexOf(in KeyHash key) => (int)(((key.High >> 32) * (uint)_length) >> 32);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Entry(in KeyHash key, uint relativeOffset)
    {
        public const uint MaxRelativeOffset = uint.MaxValue - 1;

        private readonly ulong _low = key.Low;
        private readonly uint _high = (uint)key.High;
        private readonly uint _next = relativeOffset + 1; // Zero in an entry that is not used.

        public uint RelativeOffset => _next - 1;

        public bool IsUsed => _next != 0;

        public bool IsOf(in KeyHash key) => _low == key.Low && _high == (uint)key.High;
    }
}
