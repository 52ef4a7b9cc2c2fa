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

    private static readonly int InUseError =
        OperatingSystem.IsWindows() ? WindowsSharingViolation : LibC.WouldBlock;

    private readonly SafeFileHandle _file;

    private DirectoryLock(SafeFileHandle file) => _file = file;

    /// <exception cref="IOException">The directory is in use, or cannot be locked.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "lock");
        var file = OpenFile(directory, path);
        try
        {
            // .NET has locked the file by now, but says nothing if its locking is switched off or cannot be had.
            if (!OperatingSystem.IsWindows() && LibC.Lock(file, LibC.LockExclusiveNow) == -1)
            {
                var error = Marshal.GetLastPInvokeError();
                throw error == InUseError
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
            return LocalFile.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == InUseError)
        {
            throw InUse(directory);
        }
    }

    private static IOException InUse(string directory)
        => new($"{directory} is in use by another process, or twice by this one.");
}
