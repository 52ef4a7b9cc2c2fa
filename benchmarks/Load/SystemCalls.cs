using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Load;

/// <summary>What the limits of the machine are measured with and .NET does not offer. Linux only.</summary>
internal static partial class SystemCalls
{
    private const int DontNeed = 4;

    /// <summary>What a wait of the system is late by; the rest of a wait is spent on the processor.</summary>
    private static readonly long s_slack = Stopwatch.Frequency / 10_000;

    /// <summary>Whether the calls exist here.</summary>
    public static bool AreAvailable => OperatingSystem.IsLinux();

    /// <summary>Waits until the file's bytes are on disk.</summary>
    public static void SyncData(SafeFileHandle file)
    {
        if (FDataSync(file) != 0)
        {
            throw new IOException($"fdatasync failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Drops a file's pages from the cache, so that the next read comes from the disk.</summary>
    public static void DropFromCache(string path)
    {
        using var file = File.OpenHandle(path);
        var error = PosixFAdvise(file, 0, 0, DontNeed);
        if (error != 0)
        {
            throw new IOException($"posix_fadvise of {path} failed with errno {error}.");
        }
    }

    /// <summary>Waits on the calling thread.</summary>
    /// <param name="timestamp">Of <see cref="Stopwatch"/>.</param>
    public static void WaitUntil(long timestamp)
    {
        while (timestamp - Stopwatch.GetTimestamp() is var remaining && remaining > 0)
        {
            if (remaining > s_slack)
            {
                var time = Stopwatch.GetElapsedTime(0, remaining - s_slack);
                _ = USleep((uint)Math.Clamp(time.TotalMicroseconds, 1, 100_000));
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int PosixFAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int USleep(uint microseconds);
}
