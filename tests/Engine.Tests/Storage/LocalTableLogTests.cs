using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

/// <summary>What becomes of a table log that was cut short, damaged, or left behind by a process that died.</summary>
public sealed class LocalTableLogTests : IDisposable
{
    private const int SectorBytes = 512;
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_log_cut_at_any_byte_gives_the_batches_that_are_whole()
    {
        var (log, ends) = await WriteBatchesAsync(count: 12, valueBytes: 20);

        for (var length = ends[0]; length <= log.Length; length++)
        {
            var whole = ends.Count(end => end <= length) - 1;
            Assert.Equal(Rows(whole, valueBytes: 20), await ReopenAsync(log[..length]));
        }
    }

    [Fact]
    public async Task A_log_whose_last_write_lost_a_sector_gives_the_batches_before_it()
    {
        var (log, ends) = await WriteBatchesAsync(count: 3, valueBytes: 2_000);

        for (var sector = ends[^2] / SectorBytes; sector * SectorBytes < ends[^1]; sector++)
        {
            var torn = log.ToArray();
            var start = Math.Max(sector * SectorBytes, ends[^2]);
            torn.AsSpan(start, Math.Min((sector + 1) * SectorBytes, torn.Length) - start).Clear();

            Assert.Equal(Rows(2, valueBytes: 2_000), await ReopenAsync(torn));
        }
    }

    [Fact]
    public async Task A_wrong_byte_before_the_last_batch_is_refused_with_file_and_position()
    {
        var (log, ends) = await WriteBatchesAsync(count: 4, valueBytes: 20);

        for (var position = 0; position < ends[^2]; position++)
        {
            var damaged = log.ToArray();
            damaged[position] ^= 0x40;

            var e = await Assert.ThrowsAsync<StorageDamagedException>(() => ReopenAsync(damaged));

            Assert.Equal(ends.LastOrDefault(end => end <= position), e.Position);
            Assert.Equal(LogPath, e.File);
            Assert.Contains(LogPath, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_byte_in_the_last_batch_drops_that_batch()
    {
        var (log, ends) = await WriteBatchesAsync(count: 4, valueBytes: 20);

        for (var position = ends[^2]; position < ends[^1]; position++)
        {
            var damaged = log.ToArray();
            damaged[position] ^= 0x40;

            Assert.Equal(Rows(3, valueBytes: 20), await ReopenAsync(damaged));
        }
    }

    [Fact]
    public async Task A_snapshot_cut_at_any_byte_is_refused()
    {
        await WriteBatchesAsync(count: 4, valueBytes: 20);
        await LocalTableStore.Open(_directory.Path).DisposeAsync();
        var snapshot = await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(_directory.Path)));

        for (var length = 0; length < snapshot.Length; length++)
        {
            await Assert.ThrowsAsync<StorageDamagedException>(() => ReopenAsync(snapshot[..length]));
        }

        Assert.Equal(Rows(4, valueBytes: 20), await ReopenAsync(snapshot));
    }

    [Fact]
    public async Task After_a_cut_the_log_goes_on_and_the_cut_batch_stays_away()
    {
        var (log, _) = await WriteBatchesAsync(count: 3, valueBytes: 20);
        await ReopenAsync(log[..^1]);

        await using (var tables = LocalTableStore.Open(_directory.Path))
        {
            await InsertAsync(tables, 7, valueBytes: 20);
        }

        await using var reopened = LocalTableStore.Open(_directory.Path);
        Assert.Equal(["row-00", "row-01", "row-07"], (await RowsAsync(reopened)).Select(row => row.RowKey));
    }

    [Fact]
    public async Task Of_two_logs_the_newer_counts_and_leftovers_go()
    {
        var (log, ends) = await WriteBatchesAsync(count: 3, valueBytes: 20);
        Clear();
        await File.WriteAllBytesAsync(PathOf(8), log);
        await File.WriteAllBytesAsync(PathOf(9), log[..ends[1]]);
        await File.WriteAllBytesAsync(PathOf(10) + ".tmp", log);

        await using var tables = LocalTableStore.Open(_directory.Path);

        Assert.Equal(["row-00"], (await RowsAsync(tables)).Select(row => row.RowKey));
        Assert.Equal([PathOf(10)], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_log_of_rewritten_rows_stays_small()
    {
        var value = new byte[60_000];
        await using (var tables = LocalTableStore.Open(_directory.Path))
        {
            for (var i = 0; i < 200; i++)
            {
                value[0] = (byte)i;
                await tables.ExecuteAsync("t", "k", [new(TableOperationKind.Upsert, "row", value)], None);
                var files = Directory.GetFiles(_directory.Path);
                Assert.True(new FileInfo(Assert.Single(files)).Length < 1_200_000);
            }
        }

        await using var reopened = LocalTableStore.Open(_directory.Path);
        Assert.Equal(199, Assert.Single(await reopened.QueryAsync("t", "k", None)).Value.Span[0]);
    }

    [Fact]
    public async Task A_snapshot_of_many_rows_gives_them_all_back()
    {
        await using (var tables = LocalTableStore.Open(_directory.Path))
        {
            for (var key = 0; key < 50; key++)
            {
                var operations = Enumerable.Range(0, 100)
                    .Select(i => new TableOperation(TableOperationKind.Insert, $"row-{i}", new byte[500])).ToArray();
                await tables.ExecuteAsync("t", $"key-{key}", operations, None);
                await tables.ExecuteAsync("t", $"key-{key}", [new(TableOperationKind.Insert, "last")], None);
            }
        }

        await LocalTableStore.Open(_directory.Path).DisposeAsync();
        await using var reopened = LocalTableStore.Open(_directory.Path);
        for (var key = 0; key < 50; key++)
        {
            Assert.Equal(101, (await reopened.QueryAsync("t", $"key-{key}", None)).Count);
        }
    }

    [Fact]
    public async Task A_closed_store_takes_no_batch()
    {
        var tables = LocalTableStore.Open(_directory.Path);
        await tables.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => InsertAsync(tables, 0, valueBytes: 1));
    }

    private string LogPath => PathOf(1);

    private static async Task InsertAsync(LocalTableStore tables, int number, int valueBytes)
    {
        var operation = new TableOperation(
            TableOperationKind.Insert, $"row-{number:d2}", Value(number, valueBytes));
        await tables.ExecuteAsync("t", "k", [operation], None);
    }

    private static byte[] Value(int number, int valueBytes)
    {
        var value = new byte[valueBytes];
        new Random(number).NextBytes(value);
        return value;
    }

    // What a reader sees after so many batches, values included.
    private static IEnumerable<string> Rows(int count, int valueBytes)
        => Enumerable.Range(0, count).Select(i => $"row-{i:d2}={Convert.ToHexString(Value(i, valueBytes))}");

    private static async Task<IReadOnlyList<TableRow>> RowsAsync(LocalTableStore tables)
        => await tables.QueryAsync("t", "k", None);

    // The bytes of a log with one batch per row, and the positions at which the header and each batch end.
    private async Task<(byte[] Log, IReadOnlyList<int> Ends)> WriteBatchesAsync(int count, int valueBytes)
    {
        await using var tables = LocalTableStore.Open(_directory.Path);
        var ends = new List<int> { (int)new FileInfo(LogPath).Length };
        for (var i = 0; i < count; i++)
        {
            await InsertAsync(tables, i, valueBytes);
            ends.Add((int)new FileInfo(LogPath).Length);
        }

        return (await File.ReadAllBytesAsync(LogPath), ends);
    }

    // Opens a directory that holds only this log, as the process after a crash would.
    private async Task<IEnumerable<string>> ReopenAsync(byte[] log)
    {
        Clear();
        await File.WriteAllBytesAsync(LogPath, log);
        await using var tables = LocalTableStore.Open(_directory.Path);
        return (await RowsAsync(tables)).Select(row => $"{row.RowKey}={Convert.ToHexString(row.Value.Span)}");
    }

    private void Clear()
    {
        foreach (var path in Directory.GetFiles(_directory.Path))
        {
            File.Delete(path);
        }
    }

    private string PathOf(int number) => Path.Combine(_directory.Path, $"{number:d10}.log");
}
