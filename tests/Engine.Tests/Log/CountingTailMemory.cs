using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Tests.Log;

/// <summary>
/// Memory for tails that counts what is out, and spoils what comes back so that a late reader sees it.
/// </summary>
internal sealed class CountingTailMemory : ITailMemory
{
    public int RentedChunks { get; private set; }

    public long ReleasedBytes { get; private set; }

    public byte[] Rent(int sizeBytes)
    {
        RentedChunks++;
        return new byte[sizeBytes];
    }

    public void Return(byte[] chunk, long chargedBytes)
    {
        RentedChunks--;
        ReleasedBytes += chargedBytes;
        chunk.AsSpan().Fill(0xDD);
    }
}
