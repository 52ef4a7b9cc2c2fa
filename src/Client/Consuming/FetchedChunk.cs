using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client.Consuming;

/// <summary>Memory that several chunks lie in: the last one that is released gives it back.</summary>
internal sealed class SharedMemory(IDisposable? memory, int holders)
{
    private int _holders = holders;

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            memory?.Dispose();
        }
    }
}

/// <summary>The batches that one fetch brought of one partition, and how far they are read.</summary>
/// <remarks>Owned by whoever has taken it: the partition's queue, or the batch in hand.</remarks>
internal sealed class FetchedChunk(FetchedRecords records, SharedMemory memory)
{
    private int _piece;
    private int _position;

    public int LengthBytes => records.LengthBytes;

    /// <summary>The offset after the last whole batch, or the given one if there is none.</summary>
    public static long FindEnd(FetchedRecords records, long start)
    {
        foreach (var piece in records.Pieces)
        {
            var rest = piece.Span;
            while (BatchHeader.TryRead(rest, out var header) && IsWhole(header, rest.Length))
            {
                start = Math.Max(start, header.NextOffset);
                rest = rest[header.TotalBytes..];
            }
        }

        return start;
    }

    /// <summary>The batch to be read next; false at the end.</summary>
    public bool TryPeek(out BatchHeader header, out ReadOnlyMemory<byte> batch)
    {
        for (; _piece < records.Pieces.Count; _piece++, _position = 0)
        {
            var rest = records.Pieces[_piece][_position..];

            // Servers may cut off the last batch of an answer; it comes with the next.
            if (BatchHeader.TryRead(rest.Span, out header) && IsWhole(header, rest.Length))
            {
                batch = rest[..header.TotalBytes];
                return true;
            }
        }

        header = default;
        batch = default;
        return false;
    }

    /// <summary>Whether there is a batch with records from that offset on.</summary>
    public bool HasFrom(long offset)
    {
        while (TryPeek(out var header, out _))
        {
            if (header.NextOffset > offset)
            {
                return true;
            }

            Skip(header);
        }

        return false;
    }

    /// <summary>Goes on to the batch after the one that was peeked.</summary>
    public void Skip(in BatchHeader header) => _position += header.TotalBytes;

    public void Release()
    {
        records.Dispose();
        memory.Release();
    }

    private static bool IsWhole(in BatchHeader header, int availableBytes)
        => header.BatchLength >= BatchHeader.SizeBytes - BatchHeader.LengthPrefixBytes
            && header.TotalBytes <= availableBytes;
}
