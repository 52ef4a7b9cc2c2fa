using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>The system calls that .NET offers only without their errors.</summary>
/// <remarks>Each returns -1 and sets errno when it fails.</remarks>
internal static partial class LibC
{
    /// <summary>A signal arrived first; the call is to be made again.</summary>
    public const int Interrupted = 4;

    /// <summary>The device has no room. The same number on Linux and macOS.</summary>
    public const int NoSpace = 28;

    /// <summary>The user's quota is used up, on Linux.</summary>
    public const int QuotaExceeded = 122;

    /// <summary>macOS: the file system does not know the command.</summary>
    public const int NotSupported = 45;

    /// <summary>Opens for reading only, which is all that syncing a directory takes.</summary>
    public const int ReadOnly = 0;

    /// <summary>Lock exclusively, and fail rather than wait.</summary>
    public const int LockExclusiveNow = 2 | 4;

    /// <summary>macOS: tells the drive itself to write its cache.</summary>
    public const int FullSync = 51;

    /// <summary>Linux: what is asked for is of the open file itself, not of a name below it.</summary>
    public const int EmptyPath = 0x1000;

    /// <summary>Linux: of a file's status, how many names it has.</summary>
    public const uint StatusLinkCount = 4;

    /// <summary>The flag that keeps a file descriptor from child processes.</summary>
    public static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x100_0000 : 0x8_0000;

    /// <summary>What flock says when someone else holds the lock.</summary>
    public static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(SafeFileHandle file, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool FlushFileBuffers(SafeFileHandle file);

    /// <summary>Linux: <c>struct statx</c>, as far as it is needed.</summary>
    /// <remarks>https://man7.org/linux/man-pages/man2/statx.2.html</remarks>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public readonly struct FileStatus
    {
        [FieldOffset(0)]
        private readonly uint _mask;

        [FieldOffset(16)]
        private readonly uint _linkCount;

        /// <summary>Whether the file is known to have no name any more.</summary>
        public bool IsNameless => (_mask & StatusLinkCount) != 0 && _linkCount == 0;
    }
}
