using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Deletes files without holding up whoever syncs others.</summary>
/// <remarks>
/// A file system may let syncs wait while it frees what a large file took: a third of a millisecond for each mebibyte
/// on ext4 that tells its device of what is free. So a file only loses its name at once. Then it is cut shorter and
/// shorter, with pauses, by one loop for all of them; whoever waits for a sync waits for one cut.
///
/// A crash in between leaves nothing behind, as the file has no name any more. One that has another name, such as that
/// of a backup made of hard links, keeps its bytes. There is a bound to how many files wait for the loop: beyond it
/// they are freed at once, as they are when this is disposed, and everywhere but on Linux.
///
/// Nobody may read a file that is deleted here.
/// </remarks>
internal sealed class FileRemover : IAsyncDisposable
{
    /// <summary>What is freed at a time. A smaller file is deleted as a whole.</summary>
    public const int StepBytes = 2 * 1_024 * 1_024;

    private const int MaxWaiting = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    private readonly Channel<(SafeFileHandle File, long Length)> _nameless =
        Channel.CreateBounded<(SafeFileHandle, long)>(MaxWaiting);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _freeing;

    public FileRemover(TimeProvider time)
    {
        _time = time;
        _freeing = FreeAllAsync();
    }

    /// <summary>Deletes a file. Deleting one that is not there does nothing.</summary>
    public void Delete(string path)
    {
        var file = TryOpenLarge(path, out var length);
        try
        {
            LocalFile.Delete(path);
            if (file is not null && IsNameless(file) && _nameless.Writer.TryWrite((file, length)))
            {
                file = null; // The loop's now.
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _nameless.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _freeing.ConfigureAwait(false);
        _stopping.Dispose();
    }

    // Null for a small file, and for one that cannot be opened: it is deleted as it is, or whoever does it is told why
    // not.
    private static SafeFileHandle? TryOpenLarge(string path, out long length)
    {
        length = 0;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        SafeFileHandle? file = null;
        try
        {
            file = LocalFile.Open(path, FileMode.Open, FileAccess.Write);
            length = LocalFile.Length(file, path);
            if (length > StepBytes)
            {
                return file;
            }
        }
        catch (IOException)
        {
            // As above.
        }

        file?.Dispose();
        return null;
    }

    private static bool IsNameless(SafeFileHandle file)
    {
        try
        {
            return LibC.Status(file, path: "", LibC.EmptyPath, LibC.StatusLinkCount, out var status) == 0
                && status.IsNameless;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // A C library older than the call: nothing is known of other names.
        }
    }

    private async Task FreeAllAsync()
    {
        await foreach (var (file, length) in _nameless.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            using (file)
            {
                await FreeAsync(file, length).ConfigureAwait(false);
            }
        }
    }

    private async Task FreeAsync(SafeFileHandle file, long length)
    {
        for (length -= StepBytes; length > 0 && !_stopping.IsCancellationRequested; length -= StepBytes)
        {
            LocalFile.TrySetLength(file, length);
            await Task.Delay(s_pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
