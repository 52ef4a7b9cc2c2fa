namespace OrleansStream.Protocols.Batches;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches, journal blocks and segments.</summary>
/// <remarks>
/// Reflected polynomial 0x82F63B78, initial value and final inversion all ones:
/// https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
/// </remarks>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what <paramref name="crc"/> was computed over, followed by these bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
        => ~(Crc32CInstruction.IsSupported
            ? Crc32CInstruction.Update(~crc, bytes)
            : Crc32CTables.Update(~crc, bytes));
}
