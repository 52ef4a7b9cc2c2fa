using System.Buffers.Binary;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// The hash by which Kafka's clients choose the partition of a key: 32-bit MurmurHash2 with a fixed seed.
/// </summary>
/// <remarks>https://kafka.apache.org/documentation/#producerconfigs_partitioner.class</remarks>
internal static class Murmur2
{
    private const uint Seed = 0x9747B28C;
    private const uint Multiplier = 0x5BD1E995;
    private const int Rotation = 24;

    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (int)(Hash(key) & int.MaxValue) % partitions;

    public static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ (uint)key.Length;
        while (key.Length >= sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
            word = (word ^ (word >> Rotation)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
            key = key[sizeof(uint)..];
        }

        if (!key.IsEmpty)
        {
            for (var i = 0; i < key.Length; i++)
            {
                hash ^= (uint)key[i] << (8 * i);
            }

            hash *= Multiplier;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
