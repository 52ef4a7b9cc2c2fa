using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>The file tables are kept in: it begins with a snapshot of all rows and takes blocks at its end.</summary>
/// <remarks>
/// Files are numbered. A new one is written under a temporary name, synced, renamed and its directory synced before the
/// older is deleted; so after a crash the highest number is complete. Not thread-safe: one loop owns it.
/// </remarks>
internal sealed class TableLog : IDisposable
{
    private const string Suffix = ".log";
    private const string TemporarySuffix = ".tmp";
    private const int SnapshotBlockBytes = 1_024 * 1_024;

    private readonly string _path;
    private readonly SafeFileHandle _file;

    private long _lastBlock;

    private TableLog(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
    }

    public long LengthBytes { get; private set; }

    /// <summary>Reads the rows that a directory's newest log stands for; none if there is no log.</summary>
    public static (TableState State, long Number) Read(string directory)
    {
        var number = Numbers(directory).DefaultIfEmpty().Max();
        return number == 0 ? (TableState.Empty, 0) : (TableLogReader.Read(PathOf(directory, number)), number);
    }

    /// <summary>Creates a log that begins with these rows, durably, and deletes all others.</summary>
    /// <exception cref="DiskFullException">There is no room; the logs are as they were before.</exception>
    public static TableLog Create(string directory, long number, TableState state)
    {
        var path = PathOf(directory, number);
        var log = new TableLog(
            path, LocalFile.Open(path + TemporarySuffix, FileMode.Create, FileAccess.ReadWrite));
        try
        {
            log.WriteFirst(state);
            LocalFile.Rename(path + TemporarySuffix, path);
            DiskSync.Directory(directory);
            DeleteOthers(directory, number);
            return log;
        }
        catch
        {
            log.Dispose();
            LocalFile.TryDelete(path + TemporarySuffix);
            throw;
        }
    }

    /// <summary>Appends a block and completes when it is on disk.</summary>
    /// <exception cref="DiskFullException">There is no room; the log is as it was before.</exception>
    public void Append(TableLogBlock block)
    {
        WriteUndoable(block.Seal(_lastBlock + 1));
        DiskSync.File(_file, _path);
        _lastBlock++;
        LengthBytes += block.LengthBytes;
    }

    public void Dispose() => _file.Dispose();

    private static string PathOf(string directory, long number)
        => Path.Combine(directory, number.ToString("d10", CultureInfo.InvariantCulture) + Suffix);

    private static IEnumerable<long> Numbers(string directory)
        => LocalDirectory.FileNames(directory, Suffix)
            .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0);

    private static void DeleteOthers(string directory, long number)
    {
        foreach (var other in Numbers(directory).Where(other => other != number && other != 0))
        {
            LocalFile.TryDelete(PathOf(directory, other));
        }

        foreach (var temporary in LocalDirectory.FileNames(directory, TemporarySuffix))
        {
            LocalFile.TryDelete(Path.Combine(directory, temporary + TemporarySuffix));
        }
    }

    private void WriteFirst(TableState state)
    {
        try
        {
            WriteSnapshot(state);
            DiskSync.File(_file, _path);
        }
        catch (IOException e) when (LocalFile.IsDiskFull(e))
        {
            // The file has only its temporary name so far, and loses even that.
            throw new DiskFullException(e);
        }
    }

    private void WriteSnapshot(TableState state)
    {
        LengthBytes = TableLogFormat.FileHeaderBytes;
        var block = new TableLogBlock();
        foreach (var key in state.Keys)
        {
            foreach (var rows in state.Query(key).Chunk(TableLimits.BatchOperations))
            {
                block.Add(new TableBatch(key, [.. rows.Select(row => new TableChange(row.RowKey, row))]));
                if (block.LengthBytes >= SnapshotBlockBytes)
                {
                    WriteSnapshotBlock(block);
                    block = new TableLogBlock();
                }
            }
        }

        WriteSnapshotBlock(block);

        Span<byte> header = stackalloc byte[TableLogFormat.FileHeaderBytes];
        TableLogFormat.WriteFileHeader(header, new(state.LastVersion, SnapshotEnd: LengthBytes));
        LocalFile.Write(_file, _path, position: 0, header);
    }

    private void WriteSnapshotBlock(TableLogBlock block)
    {
        if (!block.IsEmpty)
        {
            LocalFile.Write(_file, _path, LengthBytes, block.Seal(++_lastBlock));
            LengthBytes += block.LengthBytes;
        }
    }

    // A full disk is no reason to give up: of these bytes nothing was synced, and cutting them off restores the log.
    private void WriteUndoable(ReadOnlySpan<byte> bytes)
    {
        try
        {
            LocalFile.Write(_file, _path, LengthBytes, bytes);
        }
        catch (IOException e) when (LocalFile.IsDiskFull(e))
        {
            LocalFile.SetLength(_file, _path, LengthBytes);
            throw new DiskFullException(e);
        }
    }
}
