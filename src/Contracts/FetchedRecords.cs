using System.Buffers;

namespace OrleansStream.Contracts;

/// <summary>Whole record batches as they lie in the log, in one or more pieces of memory.</summary>
/// <remarks>
/// The pieces may be the log's own memory, held for this reader: whoever takes the value disposes it once the bytes
/// are copied or sent, and reads them no more after that. A piece boundary is always a batch boundary.
/// </remarks>
public sealed class FetchedRecords : IDisposable
{
    private IDisposable? _lease;

    /// <param name="pieces">The batches, in offset order.</param>
    /// <param name="lease">What keeps the pieces alive; disposed once with this value. Null when the GC does.</param>
    public FetchedRecords(IReadOnlyList<ReadOnlyMemory<byte>> pieces, IDisposable? lease)
    {
        Pieces = pieces;
        _lease = lease;
        foreach (var piece in pieces)
        {
            LengthBytes += piece.Length;
        }
    }

    /// <summary>No records.</summary>
    public static FetchedRecords Empty { get; } = new([], null);

    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces { get; }

    public int LengthBytes { get; }

    /// <summary>Copies the records into one array that nobody has to release.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[LengthBytes];
        var filled = 0;
        foreach (var piece in Pieces)
        {
            piece.Span.CopyTo(bytes.AsSpan(filled));
            filled += piece.Length;
        }

        return bytes;
    }

    /// <summary>Writes the records, in order.</summary>
    public void CopyTo(IBufferWriter<byte> output)
    {
        foreach (var piece in Pieces)
        {
            output.Write(piece.Span);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _lease, null)?.Dispose();
}
