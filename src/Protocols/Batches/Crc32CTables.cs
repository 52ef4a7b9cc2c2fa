using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>CRC-32C for processors without an instruction for it: eight bytes a step, one lookup for each.</summary>
internal static class Crc32CTables
{
    private const uint Polynomial = 0x82F63B78;

    private static readonly uint[][] s_tables = CreateTables();

    /// <summary>Advances the register, which the caller inverts before and after.</summary>
    public static uint Update(uint register, ReadOnlySpan<byte> bytes)
    {
        var tables = s_tables;
        while (bytes.Length >= sizeof(ulong))
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ register;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(uint)..]);
            register = tables[7][(byte)low] ^ tables[6][(byte)(low >> 8)]
                ^ tables[5][(byte)(low >> 16)] ^ tables[4][low >> 24]
                ^ tables[3][(byte)high] ^ tables[2][(byte)(high >> 8)]
                ^ tables[1][(byte)(high >> 16)] ^ tables[0][high >> 24];
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            register = tables[0][(byte)(register ^ value)] ^ (register >> 8);
        }

        return register;
    }

    /// <summary>Table k holds what a byte does to the register once k more zero bytes have passed.</summary>
    private static uint[][] CreateTables()
    {
        var tables = new uint[sizeof(ulong)][];
        for (var k = 0; k < tables.Length; k++)
        {
            tables[k] = new uint[256];
            for (var value = 0; value < 256; value++)
            {
                tables[k][value] = k == 0
                    ? DivideByte((uint)value)
                    : tables[0][(byte)tables[k - 1][value]] ^ (tables[k - 1][value] >> 8);
            }
        }

        return tables;
    }

    private static uint DivideByte(uint register)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            register = (register >> 1) ^ ((register & 1) * Polynomial);
        }

        return register;
    }
}
