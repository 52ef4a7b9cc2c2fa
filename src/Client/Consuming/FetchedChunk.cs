using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;

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
/// <remarks>
/// Owned by whoever has taken it: the partition's queue, or the batch in hand. A batch is verified and decompressed
/// when it is opened, and stays open, with its place, until it is left: however few records are handed out at a time,
/// each is walked once.
/// </remarks>
internal sealed class FetchedChunk(FetchedRecords records, SharedMemory memory)
{
    private const int MaxRecordsBytes = 1 << 30;

    private int _piece;
    private int _position;
    private PooledBuffer? _decompressed;
    private bool _isOpen;

    /// <summary>Where the reader stands in the open batch; whoever reads on says so.</summary>
    public ReaderPlace Place { get; set; }

    public int LengthBytes => records.LengthBytes;

    public static StreamException Damaged(in BatchHeader header, string reason)
        => new(ErrorCode.CorruptMessage, $"The batch at offset {header.BaseOffset} is damaged. {reason}");

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

    /// <summary>Opens the batch that was peeked, unless it is open.</summary>
    /// <returns>Its records, from <see cref="Place"/> on.</returns>
    /// <exception cref="StreamException">It is damaged, or compressed as nobody here can read.</exception>
    public BatchReader Open(scoped in BatchHeader header, ReadOnlySpan<byte> batch, bool verifies)
    {
        var body = batch[BatchHeader.SizeBytes..];
        if (!_isOpen)
        {
            if (verifies && !BatchStamp.HasRightCrc(batch, header))
            {
                throw Damaged(header, "Its checksum is wrong.");
            }

            _decompressed = Decompress(header, body);
            (_isOpen, Place) = (true, default);
        }

        return new BatchReader(_decompressed is null ? body : _decompressed.Span, header.RecordCount, Place);
    }

    /// <summary>Goes on to the batch after the one that was peeked.</summary>
    public void Skip(in BatchHeader header)
    {
        Close();
        _position += header.TotalBytes;
    }

    public void Release()
    {
        Close();
        records.Dispose();
        memory.Release();
    }

    private void Close()
    {
        _isOpen = false;
        _decompressed?.Dispose();
        _decompressed = null;
    }

    private static PooledBuffer? Decompress(in BatchHeader header, ReadOnlySpan<byte> body)
    {
        try
        {
            return header.Codec == CompressionCodec.None
                ? null
                : BatchCompression.Decompress(header.Codec, body, MaxRecordsBytes);
        }
        catch (ProtocolException e)
        {
            throw Damaged(header, e.Message);
        }
        catch (NotSupportedException e)
        {
            throw new StreamException(
                ErrorCode.UnsupportedCompressionType,
                $"The batch at offset {header.BaseOffset} cannot be decompressed: {e.Message}",
                e);
        }
    }

    private static bool IsWhole(in BatchHeader header, int availableBytes)
        => header.BatchLength >= BatchHeader.SizeBytes - BatchHeader.LengthPrefixBytes
            && header.TotalBytes <= availableBytes;
}
