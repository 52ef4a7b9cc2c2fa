using OrleansStream.Protocols;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>Which records of a stretch of a log have a later one of their key: one bit for each offset.</summary>
/// <remarks>
/// What is noted while a stretch is read for the first time need not be found out again by each record's key when it is
/// read for the second. Where the stretch is longer than there is room for, it knows only its beginning.
///
/// Not thread-safe: the pass that fills it owns it.
/// </remarks>
public sealed class SupersededOffsets : IDisposable
{
    private readonly long _startOffset;
    private readonly PooledBuffer _bits;

    /// <param name="startOffset">Where the stretch begins.</param>
    /// <param name="count">How many offsets it has.</param>
    /// <param name="maxBytes">The memory it takes at most.</param>
    public SupersededOffsets(long startOffset, long count, long maxBytes)
    {
        _startOffset = startOffset;
        _bits = PooledBuffer.Rent((int)Math.Min(Math.Min((count + 7) / 8, maxBytes), Array.MaxLength));
        _bits.Span.Clear();
    }

    public int LengthBytes => _bits.Length;

    /// <summary>Whether <see cref="Contains"/> can be asked for an offset.</summary>
    public bool Knows(long offset) => offset >= _startOffset && (offset - _startOffset) >> 3 < _bits.Length;

    /// <summary>Notes an offset if there is room for it.</summary>
    public void Add(long offset)
    {
        if (Knows(offset))
        {
            var position = offset - _startOffset;
            _bits.Span[(int)(position >> 3)] |= (byte)(1 << (int)(position & 7));
        }
    }

    public bool Contains(long offset)
    {
        var position = offset - _startOffset;
        return (_bits.Span[(int)(position >> 3)] >> (int)(position & 7) & 1) != 0;
    }

    public void Dispose() => _bits.Dispose();
}
