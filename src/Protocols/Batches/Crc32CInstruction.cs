using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace OrleansStream.Protocols.Batches;

/// <summary>CRC-32C by the processor's instruction.</summary>
/// <remarks>
/// The instruction takes one cycle to issue and three to finish, so one dependent chain runs at a third of the speed.
/// Long inputs are therefore cut into three lanes whose chains run side by side. The register is linear in its input:
/// lanes are joined by moving a lane's register past the zero bytes that stand for the next lane, then adding that
/// lane's own register. <see cref="LaneShift"/> does the moving.
/// </remarks>
internal static class Crc32CInstruction
{
    /// <summary>Long enough that joining lanes costs little.</summary>
    private const int LongLaneBytes = 2_048;

    /// <summary>Short enough that batches of a few hundred bytes gain as well.</summary>
    private const int ShortLaneBytes = 128;

    private const int LaneCount = 3;

    public static bool IsSupported => Sse42.X64.IsSupported || ArmCrc32.Arm64.IsSupported;

    /// <summary>Advances the register, which the caller inverts before and after.</summary>
    public static uint Update(uint register, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= LaneCount * ShortLaneBytes)
        {
            register = UpdateLanes(register, ref bytes, LongLaneBytes, LaneShift.Long);
            register = UpdateLanes(register, ref bytes, ShortLaneBytes, LaneShift.Short);
        }

        while (bytes.Length >= sizeof(ulong))
        {
            register = Step(register, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            register = Step(register, value);
        }

        return register;
    }

    /// <summary>Consumes as many groups of three lanes as fit.</summary>
    private static uint UpdateLanes(uint register, ref ReadOnlySpan<byte> bytes, int laneBytes, LaneShift shift)
    {
        while (bytes.Length >= LaneCount * laneBytes)
        {
            var first = MemoryMarshal.Cast<byte, ulong>(bytes[..laneBytes]);
            var second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(laneBytes, laneBytes));
            var third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * laneBytes, laneBytes));
            var (a, b, c) = (register, 0u, 0u);
            for (var i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
            {
                a = Step(a, first[i]);
                b = Step(b, second[i]);
                c = Step(c, third[i]);
            }

            register = shift.Apply(shift.Apply(a) ^ b) ^ c;
            bytes = bytes[(LaneCount * laneBytes)..];
        }

        return register;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Step(uint register, ulong value)
        => Sse42.X64.IsSupported
            ? (uint)Sse42.X64.Crc32(register, value)
            : ArmCrc32.Arm64.ComputeCrc32C(register, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Step(uint register, byte value)
        => Sse42.IsSupported ? Sse42.Crc32(register, value) : ArmCrc32.ComputeCrc32C(register, value);

    /// <summary>Moves a register past a fixed number of zero bytes by four table lookups.</summary>
    private sealed class LaneShift
    {
        private readonly uint[] _table = new uint[sizeof(uint) * 256];

        private LaneShift(int zeroBytes)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                var moved = 1u << bit;
                for (var i = 0; i < zeroBytes; i += sizeof(ulong))
                {
                    moved = Step(moved, 0UL);
                }

                AddBit(bit, moved);
            }
        }

        public static LaneShift Long { get; } = new(LongLaneBytes);

        public static LaneShift Short { get; } = new(ShortLaneBytes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint Apply(uint register)
            => _table[(byte)register]
                ^ _table[256 + (byte)(register >> 8)]
                ^ _table[512 + (byte)(register >> 16)]
                ^ _table[768 + (byte)(register >> 24)];

        /// <summary>Adds the bit's share to every entry whose byte has that bit set.</summary>
        private void AddBit(int bit, uint moved)
        {
            var entries = _table.AsSpan((bit / 8) * 256, 256);
            for (var value = 0; value < entries.Length; value++)
            {
                if ((value >> (bit % 8) & 1) != 0)
                {
                    entries[value] ^= moved;
                }
            }
        }
    }
}
