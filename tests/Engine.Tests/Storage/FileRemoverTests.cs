using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

// A handle of the test's own tells how long a file still is that has no name any more.
public sealed class FileRemoverTests : IDisposable
{
    private const int Mebibyte = 1_024 * 1_024;
    private const int LargeBytes = 5 * Mebibyte;

    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.Path, "file");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_large_file_loses_its_name_at_once_and_its_bytes_step_by_step()
    {
        using var file = Create(LargeBytes);
        var pauses = new Pauses(file, TimeProvider.System);
        await using var remover = new FileRemover(pauses);

        remover.Delete(FilePath);

        Assert.False(File.Exists(FilePath));
        Assert.Equal(3 * Mebibyte, await pauses.NextAsync());
        Assert.Equal(1 * Mebibyte, await pauses.NextAsync());
    }

    [Fact]
    public async Task A_small_file_is_deleted_as_a_whole()
    {
        using var file = Create(FileRemover.StepBytes);
        await using (var remover = new FileRemover(new ManualTimeProvider()))
        {
            remover.Delete(FilePath);
            Assert.False(File.Exists(FilePath));
        }

        Assert.Equal(FileRemover.StepBytes, RandomAccess.GetLength(file));
    }

    // Of a backup, say. The loop would come to it before it comes to the other file.
    [Fact]
    public async Task A_file_with_another_name_keeps_its_bytes()
    {
        var (linkPath, otherPath) = (FilePath + ".link", FilePath + ".other");
        using var linked = Create(LargeBytes);
        using var other = Create(LargeBytes, otherPath);
        using (var link = Process.Start("ln", [FilePath, linkPath]))
        {
            await link.WaitForExitAsync();
        }

        var pauses = new Pauses(other, TimeProvider.System);
        await using var remover = new FileRemover(pauses);
        remover.Delete(FilePath);
        remover.Delete(otherPath);

        Assert.Equal(3 * Mebibyte, await pauses.NextAsync());
        Assert.False(File.Exists(FilePath));
        Assert.Equal(LargeBytes, new FileInfo(linkPath).Length);
    }

    // The clock stands still: the loop never gets beyond its first pause.
    [Fact]
    public async Task The_end_waits_for_no_pause()
    {
        using var file = Create(LargeBytes);
        var pauses = new Pauses(file, new ManualTimeProvider());
        var remover = new FileRemover(pauses);
        remover.Delete(FilePath);
        Assert.Equal(3 * Mebibyte, await pauses.NextAsync());
        using var second = Create(LargeBytes);
        remover.Delete(FilePath);

        await remover.DisposeAsync();

        Assert.False(File.Exists(FilePath));
        Assert.Equal(3 * Mebibyte, RandomAccess.GetLength(file));
        Assert.Equal(LargeBytes, RandomAccess.GetLength(second));
    }

    [Fact]
    public async Task Files_that_find_no_room_to_wait_are_deleted_at_once()
    {
        await using var remover = new FileRemover(new ManualTimeProvider());

        for (var i = 0; i < 300; i++)
        {
            Create(FileRemover.StepBytes + 1).Dispose();
            remover.Delete(FilePath);
            Assert.False(File.Exists(FilePath));
        }
    }

    [Fact]
    public async Task Deleting_what_is_not_there_does_nothing()
    {
        await using var remover = new FileRemover(TimeProvider.System);

        remover.Delete(FilePath);
        remover.Delete(Path.Combine(FilePath, "none"));
    }

    private SafeFileHandle Create(int length, string? path = null)
    {
        var file = File.OpenHandle(
            path ?? FilePath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(file, length);
        return file;
    }

    /// <summary>A clock that tells how long a file was whenever somebody began to wait for it.</summary>
    private sealed class Pauses(SafeFileHandle file, TimeProvider time) : TimeProvider
    {
        private readonly Channel<long> _lengths = Channel.CreateUnbounded<long>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _lengths.Writer.TryWrite(RandomAccess.GetLength(file));
            return time.CreateTimer(callback, state, dueTime, period);
        }

        public async Task<long> NextAsync() => await _lengths.Reader.ReadAsync();
    }
}
