namespace OrleansStream.TestKit.Storage;

/// <summary>What a crash leaves of a journal file, and how much of that would survive another.</summary>
internal sealed record JournalRemains(string Name, byte[] Bytes, int DurableBytes)
{
    /// <summary>How much a disk writes at once: it is there whole or not at all.</summary>
    private const int SectorBytes = 512;

    private const int MaxRoomBytes = 2_000;

    /// <summary>
    /// What a power cut would leave: what is durable, of the rest whatever chance says, and perhaps zeros behind it.
    /// </summary>
    public JournalRemains AfterPowerCut(Random random)
    {
        var remains = random.Next(2) == 0
            ? Bytes[..random.Next(DurableBytes, Bytes.Length + 1)]
            : WithoutSector(Bytes, DurableBytes, random);
        var room = random.Next(2) == 0 ? 0 : random.Next(MaxRoomBytes);
        return new(Name, [.. remains, .. new byte[room]], remains.Length + room);
    }

    /// <summary>A copy of the bytes in which one sector, as far as it lies behind a position, is zero.</summary>
    /// <param name="offset">The position of the first byte in its file, from which sectors count.</param>
    public static byte[] WithoutSector(ReadOnlySpan<byte> bytes, int from, Random random, long offset = 0)
    {
        var copy = bytes.ToArray();
        if (from < copy.Length)
        {
            var sector = (random.Next(from, copy.Length) + offset) / SectorBytes * SectorBytes;
            var start = Math.Max(sector - offset, from);
            var end = Math.Min(sector - offset + SectorBytes, copy.Length);
            copy.AsSpan((int)start, (int)(end - start)).Clear();
        }

        return copy;
    }
}
