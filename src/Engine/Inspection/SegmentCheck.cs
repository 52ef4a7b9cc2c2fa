using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Inspection;

/// <summary>Reads a whole segment and compares it with its footer and with what the manifest says of it.</summary>
/// <remarks>
/// Every checksum is computed, every entry of the index looked up. Nothing is kept in memory but one batch and the
/// footer.
/// </remarks>
public sealed class SegmentCheck
{
    private const int ReadBytes = 1_024 * 1_024;

    private readonly string _name;
    private readonly SegmentEntry _entry;
    private readonly ISegmentFile _file;
    private byte[] _buffer = new byte[ReadBytes];
    private long _maxTimestamp = -1;
    private int _indexed;

    private SegmentCheck(string name, SegmentEntry entry, ISegmentFile file)
    {
        _name = name;
        _entry = entry;
        _file = file;
    }

    /// <summary>Returns when all is as it should be.</summary>
    /// <param name="name">How an error names the segment.</param>
    /// <exception cref="StorageDamagedException">Something is not; the message says what, and where.</exception>
    public static async Task RunAsync(
        string name, SegmentEntry entry, ISegmentFile file, CancellationToken cancellationToken)
    {
        var check = new SegmentCheck(name, entry, file);
        var footer = await check.ReadFooterAsync(cancellationToken).ConfigureAwait(false);
        await check.ReadBatchesAsync(footer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SegmentFooter> ReadFooterAsync(CancellationToken cancellationToken)
    {
        Expect("bytes", _entry.FileBytes, _file.LengthBytes, 0);
        Expect("bytes of a footer, at least", SegmentFooter.TrailerBytes,
            Math.Min(SegmentFooter.TrailerBytes, _entry.FileBytes - _entry.BatchBytes), _entry.BatchBytes);
        try
        {
            var bytes = new byte[_entry.FileBytes - _entry.BatchBytes];
            await FillAsync(_entry.BatchBytes, bytes, cancellationToken).ConfigureAwait(false);
            SegmentFooter.SectionBytes(bytes.AsSpan()[^SegmentFooter.TrailerBytes..], _file.LengthBytes);
            var footer = SegmentFooter.Read(bytes);
            Expect("bytes of batches", _entry.BatchBytes, footer.BatchBytes, _entry.BatchBytes);
            Expect("the next offset", _entry.NextOffset, footer.NextOffset, _entry.BatchBytes);
            Expect("the latest timestamp", _entry.MaxTimestamp, footer.MaxTimestamp, _entry.BatchBytes);
            return footer;
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(_name, _entry.BatchBytes, e.Message);
        }
    }

    private async Task ReadBatchesAsync(SegmentFooter footer, CancellationToken cancellationToken)
    {
        var nextOffset = _entry.BaseOffset;
        for (var position = 0L; position < footer.BatchBytes;)
        {
            var filled = (int)Math.Min(_buffer.Length, footer.BatchBytes - position);
            await FillAsync(position, _buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
            var (read, needed) = CheckBatches(_buffer.AsSpan(0, filled), position, footer, ref nextOffset);
            position += read;
            if (read == 0)
            {
                // Longer than what is left it cannot be, or it would have been refused.
                _buffer = new byte[needed];
            }
        }

        Expect("entries of the index that begin a batch", footer.Index.Count, _indexed, footer.BatchBytes);
        if (nextOffset > footer.NextOffset)
        {
            throw Damaged(footer.BatchBytes, $"The batches end at {nextOffset}, the footer says {footer.NextOffset}.");
        }

        CheckIndexedTimestamp(footer, footer.BatchBytes);
    }

    // How many bytes of whole batches there were; and when there were none, how long the first one is.
    private (int Read, int Needed) CheckBatches(
        ReadOnlySpan<byte> bytes, long position, SegmentFooter footer, ref long nextOffset)
    {
        var read = 0;
        while (read < bytes.Length)
        {
            var rest = bytes[read..];
            var left = footer.BatchBytes - position - read;
            if (!BatchHeader.TryRead(rest, out var header))
            {
                return left >= BatchHeader.SizeBytes
                    ? (read, BatchHeader.SizeBytes)
                    : throw Damaged(position + read, "The last batch is cut off.");
            }

            if (header.Magic != BatchHeader.CurrentMagic
                || header.TotalBytes < BatchHeader.SizeBytes
                || header.TotalBytes > left)
            {
                throw Damaged(position + read, $"A batch of {header.TotalBytes} bytes cannot begin here.");
            }

            if (header.TotalBytes > rest.Length)
            {
                return (read, header.TotalBytes);
            }

            CheckBatch(rest[..header.TotalBytes], header, position + read, footer, nextOffset);
            nextOffset = header.NextOffset;
            read += header.TotalBytes;
        }

        return (read, 0);
    }

    private void CheckBatch(
        ReadOnlySpan<byte> batch, in BatchHeader header, long position, SegmentFooter footer, long nextOffset)
    {
        if (!BatchStamp.HasRightCrc(batch, header))
        {
            throw Damaged(position, "The checksum of the batch does not match its bytes.");
        }

        if (header.BaseOffset < nextOffset)
        {
            throw Damaged(position, $"The batch begins at offset {header.BaseOffset}, before {nextOffset}.");
        }

        if (_indexed < footer.Index.Count && footer.Index[_indexed].Position == position)
        {
            CheckIndexedTimestamp(footer, position);
            Expect("the indexed offset", header.BaseOffset, footer.Index[_indexed].BaseOffset, position);
            _indexed++;
        }

        _maxTimestamp = Math.Max(_maxTimestamp, header.MaxTimestamp);
    }

    // An entry knows the latest timestamp of all batches before the next entry.
    private void CheckIndexedTimestamp(SegmentFooter footer, long position)
    {
        if (_indexed > 0)
        {
            Expect("the indexed timestamp", _maxTimestamp, footer.Index[_indexed - 1].MaxTimestamp, position);
        }
    }

    private async Task FillAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await _file.ReadAsync(position, buffer, cancellationToken).ConfigureAwait(false);
        Expect("bytes to read", buffer.Length, read, position);
    }

    private void Expect(string what, long expected, long actual, long position)
    {
        if (actual != expected)
        {
            throw Damaged(position, $"Expected {what} to be {expected}, not {actual}.");
        }
    }

    private StorageDamagedException Damaged(long position, string reason) => new(_name, position, reason);
}
