using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

/// <summary>What a log should hold: its batches in a list.</summary>
internal sealed class LogModel
{
    private readonly List<ReadOnlyMemory<byte>> _batches = [];

    public long EndOffset => _batches.Count == 0 ? 0 : TestBatch.HeaderOf(_batches[^1].Span).NextOffset;

    public IReadOnlyList<ReadOnlyMemory<byte>> Batches => _batches;

    /// <summary>Takes a batch as the log stored it.</summary>
    public void Append(ReadOnlyMemory<byte> stored) => _batches.Add(stored.ToArray());

    /// <summary>
    /// The whole batches from the one that holds an offset on, at least one, within the bytes asked for.
    /// </summary>
    public byte[] Read(long offset, long maxBytes, long endOffset)
    {
        var read = new List<byte>();
        foreach (var batch in _batches)
        {
            var header = TestBatch.HeaderOf(batch.Span);
            if (header.NextOffset <= offset)
            {
                continue;
            }

            if (header.NextOffset > endOffset || (read.Count > 0 && read.Count + batch.Length > maxBytes))
            {
                break;
            }

            read.AddRange(batch.Span);
        }

        return [.. read];
    }

    /// <summary>The bytes of the batches from the one that begins at an offset up to another.</summary>
    public long BytesBetween(long startOffset, long endOffset)
        => _batches
            .Where(batch => TestBatch.HeaderOf(batch.Span) is var header
                && header.BaseOffset >= startOffset && header.NextOffset <= endOffset)
            .Sum(batch => (long)batch.Length);
}
