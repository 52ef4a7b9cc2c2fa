using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Appends to one journal file: each append is durable when the service has answered.</summary>
/// <remarks>
/// Every append names the position it must land at, so that one that is sent twice is stored once, and one that comes
/// late is refused. When the reply is lost, the blob itself is asked.
/// </remarks>
internal sealed class AppendBlobWriter(AppendBlobClient blob, StorageCalls calls) : IJournalWriter
{
    /// <summary>What every version of the service takes in one append.</summary>
    internal const int MaxAppendBytes = 4 * 1_024 * 1_024;

    // A blob takes 50,000 appends. The rest leaves room for one block of the journal, however large.
    private const int FullAppends = 49_000;

    private IOException? _failure;
    private int _appends;
    private volatile bool _sealed;

    public long LengthBytes { get; private set; }

    public bool IsFull => _appends >= FullAppends;

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        try
        {
            CheckAppend(position);
            for (var start = 0; start < bytes.Length; start += MaxAppendBytes)
            {
                var piece = bytes.Slice(start, Math.Min(MaxAppendBytes, bytes.Length - start));
                await AppendPieceAsync(position + start, piece).ConfigureAwait(false);
            }

            LengthBytes += bytes.Length;
        }
        catch (IOException e)
        {
            _failure = e;
            throw;
        }
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        return ValueTask.CompletedTask;
    }

    public async ValueTask SealAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        await AppendBlobJournalStore.SealAsync(blob, calls, cancellationToken).ConfigureAwait(false);
        _sealed = true;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Not cancelled once begun: half an append would end the writer.
    private async Task AppendPieceAsync(long position, ReadOnlyMemory<byte> piece)
    {
        var options = new AppendBlobAppendBlockOptions
        {
            Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position },
            TransferValidation = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        await calls.RunAsync(
            blob.Name,
            async token =>
            {
                try
                {
                    await blob.AppendBlockAsync(BorrowedStream.Over(piece), options, token).ConfigureAwait(false);
                }
                catch (Exception e) when (StorageFault.IsUnclear(e) && StorageFault.Is(e, token))
                {
                    await ConfirmAsync(position, piece, e, token).ConfigureAwait(false);
                }

                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
        _appends++;
    }

    private async Task ConfirmAsync(
        long position, ReadOnlyMemory<byte> piece, Exception fault, CancellationToken cancellationToken)
    {
        var stored = new byte[piece.Length];
        var reader = await BlobReader.OpenAsync(blob, calls, cancellationToken).ConfigureAwait(false);
        if (reader.LengthBytes != position + piece.Length
            || await reader.ReadAsync(position, stored, cancellationToken).ConfigureAwait(false) != stored.Length
            || !piece.Span.SequenceEqual(stored))
        {
            throw StorageFault.ToIOException($"{blob.Name}, append at {position}", fault);
        }
    }

    private void CheckAppend(long position)
    {
        if (_sealed)
        {
            throw new IOException($"{blob.Name} is sealed.");
        }

        if (position != LengthBytes)
        {
            throw new IOException($"{blob.Name} ends at {LengthBytes}; an append at {position} does not fit.");
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"{blob.Name} failed before: {failure.Message}", failure);
        }
    }
}
