using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>Which whole batches of a stretch of bytes answer a read.</summary>
/// <param name="Start">Where the batch that holds the offset begins.</param>
/// <param name="End">Where the last batch taken ends.</param>
/// <param name="NextOffset">The offset after the last batch taken; -1 when none was.</param>
/// <param name="MissingBytes">How many more bytes must be read for the first batch to be whole; 0 when it is.</param>
public readonly record struct BatchCut(int Start, int End, long NextOffset, int MissingBytes)
{
    /// <summary>Walks batches from one that begins at or before an offset.</summary>
    /// <param name="mustTakeOne">Take the first batch even when it is larger than <paramref name="maxBytes"/>.</param>
    /// <exception cref="InvalidDataException">The bytes are not batches.</exception>
    public static BatchCut Find(ReadOnlySpan<byte> bytes, long offset, int maxBytes, bool mustTakeOne)
    {
        var position = 0;
        var start = -1;
        var nextOffset = -1L;
        while (position < bytes.Length)
        {
            if (!BatchHeader.TryRead(bytes[position..], out var header))
            {
                return start < 0 || (position == start && mustTakeOne)
                    ? Incomplete(BatchHeader.SizeBytes)
                    : new BatchCut(start, position, nextOffset, 0);
            }

            if (header.Magic != BatchHeader.CurrentMagic || header.TotalBytes < BatchHeader.SizeBytes)
            {
                throw new InvalidDataException($"No batch begins {position} bytes after an indexed one.");
            }

            var next = (long)position + header.TotalBytes;
            if (start < 0 && header.NextOffset > offset)
            {
                start = position;
            }

            if (start >= 0)
            {
                var isFirst = position == start;
                if (next - start > maxBytes && !(isFirst && mustTakeOne))
                {
                    break;
                }

                if (next > bytes.Length)
                {
                    return isFirst && mustTakeOne
                        ? Incomplete((int)(next - bytes.Length))
                        : new BatchCut(start, position, nextOffset, 0);
                }
            }
            else if (next > bytes.Length)
            {
                return Incomplete((int)(next - bytes.Length) + BatchHeader.SizeBytes);
            }

            position = (int)next;
            nextOffset = start < 0 ? -1 : header.NextOffset;
        }

        // Between two batches records may be missing, so that the next one is further away than any index entry says.
        return start < 0 ? Incomplete(BatchHeader.SizeBytes) : new BatchCut(start, position, nextOffset, 0);
    }

    private static BatchCut Incomplete(int missingBytes) => new(0, 0, -1, missingBytes);
}
