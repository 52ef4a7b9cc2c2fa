using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Reads a journal file in large pieces, for those who go through it in small ones.</summary>
/// <remarks>The last piece read is an immutable value that any reader may replace.</remarks>
internal sealed class ReadAheadReader(BlobReader blob) : IJournalReader
{
    private const int PieceBytes = 4 * 1_024 * 1_024;

    private Piece _piece = new(0, []);

    public long LengthBytes => blob.LengthBytes;

    public async ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.Length >= PieceBytes)
        {
            return await blob.ReadAsync(position, buffer, cancellationToken).ConfigureAwait(false);
        }

        var piece = Volatile.Read(ref _piece);
        if (!piece.Has(position, Math.Min(buffer.Length, LengthBytes - position)))
        {
            piece = await ReadPieceAsync(position, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _piece, piece);
        }

        var start = (int)(position - piece.Position);
        var count = Math.Min(buffer.Length, piece.Bytes.Length - start);
        piece.Bytes.AsSpan(start, count).CopyTo(buffer.Span);
        return count;
    }

    public ValueTask DisposeAsync() => blob.DisposeAsync();

    private async Task<Piece> ReadPieceAsync(long position, CancellationToken cancellationToken)
    {
        var bytes = new byte[Math.Clamp(LengthBytes - position, 0, PieceBytes)];
        await blob.ReadAsync(position, bytes, cancellationToken).ConfigureAwait(false);
        return new Piece(position, bytes);
    }

    private sealed record Piece(long Position, byte[] Bytes)
    {
        public bool Has(long position, long count)
            => position >= Position && position + count <= Position + Bytes.Length;
    }
}
