using System.Runtime.CompilerServices;

namespace OrleansStream.Protocols.Batches;

/// <summary>The signed numbers of a record: zigzag, then seven bits a byte, least significant first.</summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/#signed-ints</remarks>
internal static class VarInt
{
    public const int MaxBytes = 5;
    public const int MaxLongBytes = 10;

    /// <summary>False when the bytes end early or hold more than 32 bits. Moves the position only on success.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int position, out int value)
    {
        var read = TryReadUnsigned(bytes, ref position, bits: 32, out var unsigned);
        value = (int)(unsigned >> 1) ^ -(int)(unsigned & 1);
        return read;
    }

    /// <summary>False when the bytes end early or hold more than 64 bits. Moves the position only on success.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadLong(ReadOnlySpan<byte> bytes, ref int position, out long value)
    {
        var read = TryReadUnsigned(bytes, ref position, bits: 64, out var unsigned);
        value = (long)(unsigned >> 1) ^ -(long)(unsigned & 1);
        return read;
    }

    /// <summary>Writes at the start of the bytes and returns how many it took.</summary>
    public static int Write(Span<byte> bytes, long value)
    {
        var unsigned = ZigZag(value);
        var count = 0;
        while (unsigned >= 0x80)
        {
            bytes[count++] = (byte)(unsigned | 0x80);
            unsigned >>= 7;
        }

        bytes[count++] = (byte)unsigned;
        return count;
    }

    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int SizeBytes(long value)
    {
        var bits = 64 - int.CreateTruncating(ulong.LeadingZeroCount(ZigZag(value) | 1));
        return (bits + 6) / 7;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static bool TryReadUnsigned(ReadOnlySpan<byte> bytes, ref int position, int bits, out ulong value)
    {
        value = 0;
        var next = position;
        for (var shift = 0; shift < bits && (uint)next < (uint)bytes.Length; shift += 7)
        {
            var current = bytes[next++];
            value |= (ulong)(current & 0x7F) << shift;
            if (current >= 0x80)
            {
                continue;
            }

            if (bits - shift < 7 && current >> (bits - shift) != 0)
            {
                return false;
            }

            position = next;
            return true;
        }

        return false;
    }
}
