using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>File operations whose faults are all <see cref="IOException"/>s that name the file and the cause.</summary>
internal static class LocalFile
{
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;
    private const int WindowsDiskFull = unchecked((int)0x8007_0070);

    public static SafeFileHandle Open(string path, FileMode mode, FileAccess access, FileShare share = ShareAll)
        => Run("Opening", path, () => File.OpenHandle(path, mode, access, share));

    public static long Length(SafeFileHandle file, string path)
        => Run("Measuring", path, () => RandomAccess.GetLength(file));

    /// <summary>Fills the buffer from a position on; fewer bytes only at the file's end.</summary>
    public static int Read(SafeFileHandle file, string path, long position, Span<byte> buffer)
    {
        try
        {
            var total = 0;
            while (total < buffer.Length)
            {
                var count = RandomAccess.Read(file, buffer[total..], position + total);
                if (count == 0)
                {
                    break;
                }

                total += count;
            }

            return total;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault("Reading", path, e);
        }
    }

    public static void Write(SafeFileHandle file, string path, long position, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, position);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault("Writing", path, e);
        }
    }

    public static void SetLength(SafeFileHandle file, string path, long length) => Run("Cutting", path, () =>
    {
        RandomAccess.SetLength(file, length);
        return 0;
    });

    /// <summary>Cuts a file that may as well stay as long as it is.</summary>
    public static void TrySetLength(SafeFileHandle file, long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (IOException)
        {
            // Whoever reads it knows where its contents end.
        }
    }

    /// <summary>Gives a file another name in the same directory, replacing what has it.</summary>
    public static void Rename(string path, string newPath) => Run("Renaming", path, () =>
    {
        File.Move(path, newPath, overwrite: true);
        return 0;
    });

    /// <summary>Deletes a file. Deleting one that is not there does nothing.</summary>
    public static void Delete(string path) => Run("Deleting", path, () =>
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Then the file is not there either.
        }

        return 0;
    });

    /// <summary>Deletes a file that does no harm if it stays.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            Delete(path);
        }
        catch (IOException)
        {
            // The caller is on its way out with a better error, or sweeps again later.
        }
    }

    public static bool IsDiskFull(IOException e)
        => e.HResult is LibC.NoSpace or WindowsDiskFull
            || (OperatingSystem.IsLinux() && e.HResult == LibC.QuotaExceeded);

    public static T Run<T>(string doing, string path, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Fault(doing, path, e);
        }
    }

    private static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException;

    private static IOException Fault(string doing, string path, Exception cause)
    {
        var message = $"{doing} {path} failed: {cause.Message}";
        return cause is FileNotFoundException or DirectoryNotFoundException
            ? new FileNotFoundException(message, path, cause)
            : new IOException(message, cause) { HResult = cause.HResult };
    }
}
