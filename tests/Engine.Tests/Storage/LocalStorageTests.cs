using System.Diagnostics;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class LocalStorageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_directory_is_opened_once_until_it_is_closed()
    {
        await using (await OpenAsync())
        {
            var e = await Assert.ThrowsAsync<IOException>(OpenAsync);
            Assert.Contains(_directory.Path, e.Message, StringComparison.Ordinal);
            Assert.Contains("in use", e.Message, StringComparison.Ordinal);
        }

        await using var again = await OpenAsync();
    }

    [FactNeeding("linux")]
    public async Task A_directory_locked_by_another_process_is_free_once_that_is_killed()
    {
        await (await OpenAsync()).DisposeAsync();
        using var other = Process.Start(new ProcessStartInfo("flock")
        {
            ArgumentList = { "--no-fork", Path.Combine(_directory.Path, "lock"), "sh", "-c", "echo locked; read line" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("locked", await other.StandardOutput.ReadLineAsync());

        await Assert.ThrowsAsync<IOException>(OpenAsync);

        other.Kill();
        await other.WaitForExitAsync();
        await using var storage = await OpenAsync();
    }

    [FactNeeding("linux")]
    public async Task A_child_process_does_not_keep_the_directory_locked()
    {
        using var child = await StartChildWhileOpenAsync();

        await using (var storage = await OpenAsync())
        {
            Assert.False(child.HasExited);
        }

        child.Kill();
        await child.WaitForExitAsync();
    }

    [Fact]
    public async Task A_directory_is_created_with_those_above_it()
    {
        var path = Path.Combine(_directory.Path, "a", "b", "c");
        await using var storage = await LocalStorage.OpenAsync(path, JournalSync.Always, CancellationToken.None);

        Assert.Equal(
            ["journal", "segments", "tables"],
            Directory.GetDirectories(path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_path_that_is_a_file_is_refused_by_name()
    {
        var path = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(path, "");

        var e = await Assert.ThrowsAnyAsync<IOException>(
            () => LocalStorage.OpenAsync(path, JournalSync.Always, CancellationToken.None));

        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_system_as_its_only_guard_a_journal_reads_back_what_was_flushed()
    {
        await using (var storage = await OpenAsync(JournalSync.Os))
        {
            await using var writer = await storage.Journals.CreateAsync("j-1", CancellationToken.None);
            await writer.AppendAsync(0, new byte[] { 1, 2, 3 }, CancellationToken.None);
            await writer.FlushAsync(CancellationToken.None);
        }

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(_directory.Path, "journal", "j-1")));
    }

    private async Task<Process> StartChildWhileOpenAsync()
    {
        await using var storage = await OpenAsync();
        return Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
    }

    private Task<LocalStorage> OpenAsync() => OpenAsync(JournalSync.Always);

    private Task<LocalStorage> OpenAsync(JournalSync sync)
        => LocalStorage.OpenAsync(_directory.Path, sync, CancellationToken.None);
}
