namespace OrleansStream.Engine.Storage.Local;

/// <summary>Reads a table log back into the rows it stands for, telling an unfinished last write from damage.</summary>
/// <remarks>
/// Blocks are synced one after the other, so only the last can be unfinished: cut short, or with sectors missing.
/// Anything else is damage, and so is any gap in the snapshot, which was synced before the file got its name.
/// </remarks>
internal sealed class TableLogReader
{
    private readonly string _path;
    private readonly byte[] _bytes;

    private TableLogReader(string path)
    {
        _path = path;
        _bytes = LocalFile.Run("Reading", path, () => File.ReadAllBytes(path));
    }

    /// <exception cref="StorageDamagedException">More is wrong than an unfinished last write.</exception>
    public static TableState Read(string path) => new TableLogReader(path).Read();

    private TableState Read()
    {
        if (!TableLogFormat.TryReadFileHeader(_bytes, out var header))
        {
            throw new StorageDamagedException(_path, position: 0, "it does not begin with the header of a table log.");
        }

        var state = TableState.Empty.StartAfter(header.LastVersion);
        var position = TableLogFormat.FileHeaderBytes;
        for (long number = 1; position < _bytes.Length; number++)
        {
            if (!TryFindBlock(position, number, out var payloadBytes))
            {
                break;
            }

            state = Apply(state, position, payloadBytes);
            position += TableLogFormat.BlockHeaderBytes + payloadBytes;
        }

        return position >= header.SnapshotEnd
            ? state
            : throw new StorageDamagedException(_path, position, "the snapshot is incomplete.");
    }

    // False if the block was never finished and is the last.
    private bool TryFindBlock(int position, long number, out int payloadBytes)
    {
        var rest = _bytes.AsSpan(position);
        if (!TableLogFormat.TryReadBlockHeader(rest, out var found, out payloadBytes))
        {
            // Without its length nobody knows where the block ends. It was the last if no whole one follows.
            return HasBlockAfter(position, number)
                ? throw new StorageDamagedException(_path, position, $"the header of block {number} is broken.")
                : false;
        }

        if (found != number)
        {
            throw new StorageDamagedException(_path, position, $"block {found} is where block {number} belongs.");
        }

        if (TableLogFormat.IsIntact(rest, payloadBytes))
        {
            return true;
        }

        return rest.Length - TableLogFormat.BlockHeaderBytes > payloadBytes
            ? throw new StorageDamagedException(_path, position, $"the checksum of block {number} is wrong.")
            : false;
    }

    private bool HasBlockAfter(int position, long number)
    {
        for (var start = position + 1; start <= _bytes.Length - TableLogFormat.BlockHeaderBytes; start++)
        {
            var rest = _bytes.AsSpan(start);
            if (TableLogFormat.TryReadBlockHeader(rest, out var found, out var payloadBytes)
                && found > number
                && TableLogFormat.IsIntact(rest, payloadBytes))
            {
                return true;
            }
        }

        return false;
    }

    private TableState Apply(TableState state, int position, int payloadBytes)
    {
        try
        {
            var reader = new TableBatchReader(
                _bytes.AsSpan(position + TableLogFormat.BlockHeaderBytes, payloadBytes));
            while (reader.TryRead(out var batch))
            {
                state = state.Apply(batch);
            }

            return state;
        }
        catch (FormatException e)
        {
            throw new StorageDamagedException(_path, position, e.Message);
        }
    }
}
