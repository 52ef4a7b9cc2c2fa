using System.Buffers.Binary;
using System.Numerics;

namespace OrleansStream.Protocols.Batches;

/// <summary>The 32-bit xxHash with seed 0, which LZ4 frames use as their checksum.</summary>
/// <remarks>https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md#xxh32-algorithm-description</remarks>
internal static class XxHash32
{
    private const uint Prime1 = 0x9E3779B1;
    private const uint Prime2 = 0x85EBCA77;
    private const uint Prime3 = 0xC2B2AE3D;
    private const uint Prime4 = 0x27D4EB2F;
    private const uint Prime5 = 0x165667B1;

    private const int StripeBytes = 16;

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var hash = (bytes.Length >= StripeBytes ? MixStripes(bytes) : Prime5) + (uint)bytes.Length;
        bytes = bytes[(bytes.Length & ~(StripeBytes - 1))..];

        while (bytes.Length >= sizeof(uint))
        {
            hash += BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime3;
            hash = BitOperations.RotateLeft(hash, 17) * Prime4;
            bytes = bytes[sizeof(uint)..];
        }

        foreach (var value in bytes)
        {
            hash = BitOperations.RotateLeft(hash + (value * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private static uint MixStripes(ReadOnlySpan<byte> bytes)
    {
        var (a, b, c, d) = (unchecked(Prime1 + Prime2), Prime2, 0u, unchecked(0u - Prime1));
        for (; bytes.Length >= StripeBytes; bytes = bytes[StripeBytes..])
        {
            a = Mix(a, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            b = Mix(b, BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
            c = Mix(c, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
            d = Mix(d, BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
        }

        return BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7)
            + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
    }

    private static uint Mix(uint lane, uint input) => BitOperations.RotateLeft(lane + (input * Prime2), 13) * Prime1;
}
