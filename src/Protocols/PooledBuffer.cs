using System.Buffers;
using System.Diagnostics;

namespace OrleansStream.Protocols;

/// <summary>
/// Rented memory with exactly one owner, who disposes it once. The only type that touches the array pool.
/// </summary>
/// <remarks>
/// Debug builds fill returned memory with 0xDD, so that a late reader sees it. Not thread-safe. A buffer that something
/// unknown may still read is <see cref="Abandon"/>ed: it goes to the garbage collector and is counted.
/// </remarks>
public sealed class PooledBuffer : IDisposable
{
    private static long s_rented;
    private static long s_abandoned;

    private readonly bool _isRented;
    private byte[]? _array;

    private PooledBuffer(byte[] array, int length, bool isRented)
    {
        _array = array;
        Length = length;
        _isRented = isRented;
    }

    /// <summary>How many buffers are rented in this process and not yet disposed or abandoned.</summary>
    public static long RentedCount => Interlocked.Read(ref s_rented);

    /// <summary>How many buffers were abandoned in this process.</summary>
    public static long AbandonedCount => Interlocked.Read(ref s_abandoned);

    public int Length { get; }

    public Span<byte> Span => Array.AsSpan(0, Length);

    public Memory<byte> Memory => Array.AsMemory(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>Rents memory of exactly this length; its content is undefined.</summary>
    public static PooledBuffer Rent(int length)
    {
#pragma warning disable RS0030 // This is the one owner the rule points to.
        var array = ArrayPool<byte>.Shared.Rent(length);
#pragma warning restore RS0030
        Interlocked.Increment(ref s_rented);
        return new PooledBuffer(array, length, isRented: true);
    }

    /// <summary>Memory of the heap in the same shape: nobody has to dispose it.</summary>
    public static PooledBuffer OfHeap(int length) => new(new byte[length], length, isRented: false);

    /// <summary>Leaves the memory to the garbage collector, because someone may still be reading it.</summary>
    public void Abandon()
    {
        if (Interlocked.Exchange(ref _array, null) is not null && _isRented)
        {
            Interlocked.Decrement(ref s_rented);
            Interlocked.Increment(ref s_abandoned);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is not { } array || !_isRented)
        {
            return;
        }

        Poison(array);
        Interlocked.Decrement(ref s_rented);
#pragma warning disable RS0030 // This is the one owner the rule points to.
        ArrayPool<byte>.Shared.Return(array);
#pragma warning restore RS0030
    }

    [Conditional("DEBUG")]
    private static void Poison(byte[] array) => array.AsSpan().Fill(0xDD);
}
