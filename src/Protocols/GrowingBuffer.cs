using System.Buffers;

namespace OrleansStream.Protocols;

/// <summary>Memory that grows as it is written to, in one piece.</summary>
/// <remarks>
/// Rented memory is to be released or abandoned; it is taken at the first write, also
/// after it was given back. Memory of the heap suits an owner who cannot say when its bytes are read no more. Not
/// thread-safe.
/// </remarks>
/// <param name="capacityBytes">How much is taken at first.</param>
public sealed class GrowingBuffer(int capacityBytes, bool isRented) : IBufferWriter<byte>
{
    private PooledBuffer? _buffer;

    public int WrittenBytes { get; private set; }

    public Span<byte> WrittenSpan => _buffer is null ? default : _buffer.Span[..WrittenBytes];

    public ReadOnlyMemory<byte> WrittenMemory => _buffer is null ? default : _buffer.Memory[..WrittenBytes];

    /// <inheritdoc/>
    public void Advance(int count) => WrittenBytes += count;

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).Span[WrittenBytes..];

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).Memory[WrittenBytes..];

    /// <summary>Forgets what was written, and keeps the memory.</summary>
    public void Clear() => WrittenBytes = 0;

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        _buffer?.Dispose();
        Forget();
    }

    /// <summary>Leaves the memory to the garbage collector, because somebody may still be reading it.</summary>
    public void Abandon()
    {
        _buffer?.Abandon();
        Forget();
    }

    private void Forget()
    {
        _buffer = null;
        WrittenBytes = 0;
    }

    private PooledBuffer Reserve(int bytes)
    {
        var needed = checked(WrittenBytes + Math.Max(bytes, 1));
        if (_buffer is not null && needed <= _buffer.Length)
        {
            return _buffer;
        }

        var usual = _buffer is null ? capacityBytes : (int)Math.Min(2L * _buffer.Length, Array.MaxLength);
        var wanted = Math.Max(needed, usual);
        var larger = isRented ? PooledBuffer.Rent(wanted) : PooledBuffer.OfHeap(wanted);
        WrittenSpan.CopyTo(larger.Span);
        _buffer?.Dispose();
        return _buffer = larger;
    }
}
