using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Waits until files and directory entries are on disk, and says so when they are not.</summary>
/// <remarks>
/// .NET's own calls swallow the error of fsync on Linux, and an error unseen is data lost. After a failed sync the
/// system may have dropped the unwritten pages and call them clean: the same file must not be synced again.
/// </remarks>
internal static class DiskSync
{
    /// <summary>Completes when the file's bytes and its length would survive a power cut.</summary>
    public static void File(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            ThrowUnless(LibC.FlushFileBuffers(file), path);
        }
        else
        {
            Call(path, file, SyncFile);
        }
    }

    /// <summary>Completes when names created, renamed and deleted in a directory would survive a power cut.</summary>
    public static void Directory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no such call: NTFS keeps its directories in a journal of its own.
            return;
        }

        using var directory = OpenDirectory(path);
        Call(path, directory, LibC.Sync);
    }

    private static int SyncFile(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
        {
            return LibC.SyncData(file);
        }

        if (!OperatingSystem.IsMacOS())
        {
            return LibC.Sync(file);
        }

        // Plain fsync leaves the bytes in the drive's cache, but some file systems know nothing better.
        var result = LibC.Control(file, LibC.FullSync);
        return result == -1 && Marshal.GetLastPInvokeError() == LibC.NotSupported ? LibC.Sync(file) : result;
    }

    private static SafeFileHandle OpenDirectory(string path)
    {
        while (true)
        {
            var descriptor = LibC.Open(path, LibC.ReadOnly | LibC.CloseOnExec);
            if (descriptor != -1)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            ThrowUnlessInterrupted(path);
        }
    }

    private static void Call(string path, SafeFileHandle file, Func<SafeFileHandle, int> sync)
    {
        while (sync(file) == -1)
        {
            ThrowUnlessInterrupted(path);
        }
    }

    private static void ThrowUnlessInterrupted(string path)
        => ThrowUnless(Marshal.GetLastPInvokeError() == LibC.Interrupted, path);

    private static void ThrowUnless(bool succeeded, string path)
    {
        if (!succeeded)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"Syncing {path} failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }
}
