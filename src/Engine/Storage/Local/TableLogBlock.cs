using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Collects the batches that go to disk together.</summary>
internal sealed class TableLogBlock
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public TableLogBlock() => _bytes.Write(stackalloc byte[TableLogFormat.BlockHeaderBytes]);

    public int LengthBytes => _bytes.WrittenCount;

    public bool IsEmpty => _bytes.WrittenCount == TableLogFormat.BlockHeaderBytes;

    public void Add(TableBatch batch) => TableLogFormat.WriteBatch(_bytes, batch);

    /// <summary>Completes the block and lends its bytes.</summary>
    public ReadOnlySpan<byte> Seal(long number)
    {
        var block = MemoryMarshal.AsMemory(_bytes.WrittenMemory).Span;
        TableLogFormat.SealBlock(block, number);
        return block;
    }
}
