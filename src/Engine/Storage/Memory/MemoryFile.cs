namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Bytes that one writer appends to and any number of readers see.</summary>
/// <remarks>
/// Readers take the content as it is at that moment. An append writes behind it, never into it: into the last chunk,
/// into a larger copy of the first while the file is small, and then into further ones: nothing large is copied.
/// </remarks>
internal sealed class MemoryFile
{
    /// <summary>Large enough that chunks are few, and small beside the segments that end within one.</summary>
    public const int ChunkBytes = 512 * 1_024;

    private const int InitialBytes = 256;

    private byte[][] _chunks = [[]];
    private long _lengthBytes;
    private volatile MemoryContent _published = new([[]], 0);

    private volatile bool _sealed;

    public MemoryContent Content => _published;

    public bool IsSealed => _sealed;

    /// <summary>Ends the file: whoever writes it is to append no more.</summary>
    public void Seal() => _sealed = true;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = FindRoom(bytes.Length);
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            _lengthBytes += count;
        }

        _published = new MemoryContent(_chunks, _lengthBytes);
    }

    // Whatever is left of the last chunk, which is at least something.
    private Span<byte> FindRoom(int wantedBytes)
    {
        var (index, used) = ((int)(_lengthBytes / ChunkBytes), (int)(_lengthBytes % ChunkBytes));
        if (index == _chunks.Length)
        {
            _chunks = [.. _chunks, GC.AllocateUninitializedArray<byte>(ChunkBytes)];
        }
        else if (used == _chunks[index].Length)
        {
            var bytes = Math.Clamp(Math.Max(2 * used, used + (long)wantedBytes), InitialBytes, ChunkBytes);
            var larger = GC.AllocateUninitializedArray<byte>((int)bytes);
            _chunks[index].CopyTo(larger, 0);
            _chunks = [.. _chunks[..index], larger];
        }

        return _chunks[index].AsSpan(used);
    }
}
