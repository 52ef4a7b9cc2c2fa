using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Holds a directory for this process, until disposed or until the process ends, however it ends.</summary>
/// <remarks>
/// The operating system's lock on the file <c>lock</c>. The file stays when the lock is gone: were it deleted, two
/// processes could each lock a file of that name.
/// </remarks>
internal sealed class DirectoryLock : IDisposable
{
    private const int WindowsSharingViolation = unchecked((int)0x8007_0020);

    private readonly SafeFileHandle _file;

    private DirectoryLock(SafeFileHandle file) => _file = file;

    /// <exception cref="IOException">The directory is in use, or cannot be locked.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "lock");
        var file = OpenFile(directory, path);
        try
        {
            // .NET's own locking gives way in silence where a file system refuses it, and can be switched off.
            if (!OperatingSystem.IsWindows() && LibC.Lock(file, LibC.LockExclusiveNow) == -1)
            {
                var error = Marshal.GetLastPInvokeError();
                throw error == LibC.WouldBlock
                    ? InUse(directory)
                    : new IOException($"Locking {path} failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }

            return new DirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenFile(string directory, string path)
    {
        try
        {
            var sharing = OperatingSystem.IsWindows() ? FileShare.None : FileShare.ReadWrite;
            return LocalFile.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, sharing);
        }
        catch (IOException e) when (e.HResult == WindowsSharingViolation)
        {
            throw InUse(directory);
        }
    }

    private static IOException InUse(string directory) => new($"{directory} is in use by another process, or twice by this one.");
}
