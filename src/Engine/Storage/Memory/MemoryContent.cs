namespace OrleansStream.Engine.Storage.Memory;

/// <summary>What a <see cref="MemoryFile"/> held at one moment, to be read from any thread.</summary>
/// <param name="chunks">All but the last have <see cref="MemoryFile.ChunkBytes"/>.</param>
internal sealed class MemoryContent(byte[][] chunks, long lengthBytes)
{
    public long LengthBytes => lengthBytes;

    /// <summary>Fills the buffer from a position on; fewer bytes only at the end.</summary>
    public int Read(long position, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        buffer = buffer[..(int)Math.Clamp(lengthBytes - position, 0, buffer.Length)];
        var rest = buffer;
        while (!rest.IsEmpty)
        {
            var (index, start) = ((int)(position / MemoryFile.ChunkBytes), (int)(position % MemoryFile.ChunkBytes));
            var chunk = chunks[index].AsSpan(start);
            var count = Math.Min(chunk.Length, rest.Length);
            chunk[..count].CopyTo(rest);
            rest = rest[count..];
            position += count;
        }

        return buffer.Length;
    }
}
