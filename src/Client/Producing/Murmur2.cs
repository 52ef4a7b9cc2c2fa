using System.Buffers.Binary;

namespace OrleansStream.Client.Producing;

/// <summary>The hash by which Kafka's Java client assigns keys to partitions.</summary>
/// <remarks>
/// MurmurHash2, 32 bits, with the seed and the byte order of that client:
/// https://sites.google.com/site/murmurhash/
/// </remarks>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    /// <summary>The partition that a key belongs to, whoever sends it.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount)
        => (int)(Hash(key) & int.MaxValue) % partitionCount;

    public static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ (uint)bytes.Length;
        for (; bytes.Length >= sizeof(uint); bytes = bytes[sizeof(uint)..])
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Multiplier;
            word = (word ^ (word >> Shift)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
        }

        if (!bytes.IsEmpty)
        {
            for (var i = bytes.Length - 1; i >= 0; i--)
            {
                hash ^= (uint)bytes[i] << (8 * i);
            }

            hash *= Multiplier;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
