using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Load.Workloads;

/// <summary>
/// Checks what was fetched: every batch follows the one before it, and a sample of records is what was sent.
/// </summary>
internal static class RecordAudit
{
    /// <param name="offset">The offset asked for. The first batch may begin before it.</param>
    /// <param name="verifyEvery">Every so manieth record is compared, byte for byte.</param>
    /// <param name="isNumbered">Whether a record's number is its offset: one worker wrote the partition alone.</param>
    /// <returns>The offset after the last record.</returns>
    /// <exception cref="WrongResultException">A record is missing or another.</exception>
    public static long Check(in FetchReply reply, long offset, int verifyEvery, bool isNumbered)
    {
        if (reply.Error != StreamError.None || reply.Records.LengthBytes == 0)
        {
            throw new WrongResultException(
                $"Fetch at {offset} answered {reply.Error} and no records; high watermark {reply.HighWatermark}.");
        }

        var expected = -1L;
        foreach (var piece in reply.Records.Pieces)
        {
            var bytes = piece.Span;
            while (BatchHeader.TryRead(bytes, out var header) && header.TotalBytes <= bytes.Length)
            {
                var isNext = expected < 0
                    ? header.BaseOffset <= offset && header.NextOffset > offset
                    : header.BaseOffset == expected;
                if (!isNext)
                {
                    throw new WrongResultException(
                        $"A batch begins at {header.BaseOffset}, not at {expected} ({offset}).");
                }

                expected = header.NextOffset;
                if (verifyEvery > 0 && header.BaseOffset / verifyEvery != header.NextOffset / verifyEvery)
                {
                    Verify(bytes[..header.TotalBytes], header, isNumbered);
                }

                bytes = bytes[header.TotalBytes..];
            }
        }

        return expected;
    }

    private static void Verify(ReadOnlySpan<byte> batch, in BatchHeader header, bool isNumbered)
    {
        foreach (var record in new BatchReader(batch[BatchHeader.SizeBytes..], header.RecordCount))
        {
            var number = NumberedRecords.Verify(record.Value);
            if (isNumbered)
            {
                WrongResultException.ThrowUnlessEqual(
                    header.BaseOffset + record.OffsetDelta, number, "A record's number");
            }
        }
    }
}
