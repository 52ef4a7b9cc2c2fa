namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Bytes that one writer appends to and any number of readers see.</summary>
/// <remarks>
/// Readers take the content as it is at that moment. An append writes behind it or into a larger copy, never into it.
/// </remarks>
internal sealed class MemoryFile
{
    private const int InitialBytes = 256;

    private byte[] _array = [];
    private volatile Published _published = new(default);

    private volatile bool _sealed;

    public ReadOnlyMemory<byte> Content => _published.Bytes;

    public bool IsSealed => _sealed;

    /// <summary>Ends the file: whoever writes it is to append no more.</summary>
    public void Seal() => _sealed = true;

    /// <exception cref="IOException">The file would outgrow what memory can hold in one piece.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var length = Content.Length;
        var newLength = (long)length + bytes.Length;
        if (newLength > Array.MaxLength)
        {
            throw new IOException($"A file in memory holds at most {Array.MaxLength} bytes.");
        }

        if (newLength > _array.Length)
        {
            var capacity = Math.Clamp(2L * _array.Length, Math.Max(newLength, InitialBytes), Array.MaxLength);
            Array.Resize(ref _array, (int)capacity);
        }

        bytes.CopyTo(_array.AsSpan(length));
        _published = new Published(_array.AsMemory(0, (int)newLength));
    }

    private sealed record Published(ReadOnlyMemory<byte> Bytes);
}
