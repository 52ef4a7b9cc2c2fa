using System.Buffers.Binary;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Reads the batches in the payload of one block, as <see cref="TableLogFormat"/> lays them out.</summary>
/// <remarks>The payload's checksum was checked, so bytes that make no sense were written by something else.</remarks>
internal ref struct TableBatchReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>False at the end.</summary>
    /// <exception cref="FormatException">The bytes are no batch.</exception>
    public bool TryRead(out TableBatch batch)
    {
        batch = null!;
        if (_rest.IsEmpty)
        {
            return false;
        }

        var key = new TableKey(ReadText(), ReadText());
        var changes = new TableChange[ReadCount(TableLimits.BatchOperations)];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = ReadChange(key.PartitionKey);
        }

        batch = new TableBatch(key, changes);
        return true;
    }

    private TableChange ReadChange(string partitionKey)
    {
        var rowKey = ReadText();
        var kind = Take(1)[0];
        if (kind == TableLogFormat.Removed)
        {
            return new(rowKey, Row: null);
        }

        if (kind != TableLogFormat.Written)
        {
            throw new FormatException($"A change cannot be of kind {kind}.");
        }

        var etag = TableState.ToETag(BinaryPrimitives.ReadInt64LittleEndian(Take(8)));
        var value = Take(ReadCount(TableLimits.ValueBytes)).ToArray();
        return new(rowKey, new TableRow(partitionKey, rowKey, value, etag));
    }

    private string ReadText()
    {
        try
        {
            return TableRules.StrictUtf8.GetString(Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))));
        }
        catch (ArgumentException e)
        {
            throw new FormatException("A key is not UTF-8.", e);
        }
    }

    private int ReadCount(int limit)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        return count >= 0 && count <= limit
            ? count
            : throw new FormatException($"{count} is more than the limit of {limit}.");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new FormatException("A batch ends too early.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
