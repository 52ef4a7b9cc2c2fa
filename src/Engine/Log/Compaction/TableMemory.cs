using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>Zeroed memory outside of the managed heap, for a table that is looked up at random.</summary>
/// <remarks>
/// Where it is large Linux is asked for huge pages. In small ones most look-ups would have to find their page first,
/// and the system hands them out one by one, which takes longer than filling the table. Without them it works as well.
/// https://man7.org/linux/man-pages/man2/madvise.2.html
///
/// Nobody may read it while it is disposed.
/// </remarks>
internal sealed unsafe partial class TableMemory : SafeHandle
{
    private const int CacheLineBytes = 64;
    private const int HugePageBytes = 2 * 1_024 * 1_024;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE

    private readonly int _length;

    /// <param name="length">In bytes.</param>
    /// <exception cref="OutOfMemoryException">The system has no more.</exception>
    public TableMemory(int length)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        var isLarge = length >= 2 * HugePageBytes;
        var memory = NativeMemory.AlignedAlloc((nuint)length, (nuint)(isLarge ? HugePageBytes : CacheLineBytes));
        SetHandle((nint)memory);
        _length = length;
        if (isLarge && OperatingSystem.IsLinux())
        {
            _ = Advise(memory, (nuint)length, AdviseHugePages);
        }

        Span.Clear();
    }

    public override bool IsInvalid => handle == 0;

    /// <exception cref="ObjectDisposedException">It is gone.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return new Span<byte>((void*)handle, _length);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
