using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>A block as it was found in a journal file.</summary>
/// <param name="IsDamaged">The payload does not match its checksum; the index is right.</param>
internal sealed record ScannedBlock(long Position, JournalIndexEntry[] Entries, bool IsDamaged);

/// <summary>Reads a journal file from front to back and tells a torn end from damage.</summary>
/// <remarks>
/// Every block was flushed before the next was written, so only the last block of the newest file can be torn. A block
/// that is not right is torn when no right one follows it; otherwise the file is damaged. A damaged payload leaves the
/// index to tell whom it concerns. Block numbers rise by one through all files of a journal: a file that is missing, or
/// too short though it ends with a whole block, shows in the next one. Zeros up to the end of a file are room that was
/// prepared and not used.
/// </remarks>
/// <param name="firstBlock">The number of the file's first block; null when older files were trimmed.</param>
internal sealed class JournalScanner(
    IJournalReader file, string name, Guid journalId, long? firstBlock, bool isNewest)
{
    private const int ScanBytes = 1_024 * 1_024;
    private const int ZeroScanBytes = 64 * 1_024;

    private readonly byte[] _header = new byte[JournalBlock.HeaderBytes(JournalBlock.MaxEntries)];
    private byte[] _payload = [];

    /// <summary>The number of the block after the last one read; null when there was none to tell from.</summary>
    public long? NextBlock { get; private set; } = firstBlock;

    /// <exception cref="StorageDamagedException">
    /// A header is damaged: what lies behind it cannot be told apart.
    /// </exception>
    public async IAsyncEnumerable<ScannedBlock> ReadAsync()
    {
        var position = 0L;
        while (position < file.LengthBytes)
        {
            var header = await ReadHeaderAsync(position).ConfigureAwait(false);
            if (header is null && await IsZeroFromAsync(position).ConfigureAwait(false))
            {
                yield break;
            }

            if (header is null || position + header.Value.TotalBytes > file.LengthBytes)
            {
                if (!isNewest || !await IsLastAsync(position + 1).ConfigureAwait(false))
                {
                    throw new StorageDamagedException(name, position, "The header of a journal block is not right.");
                }

                yield break;
            }

            var number = header.Value.BlockNumber;
            if (number != (NextBlock ?? number))
            {
                throw new StorageDamagedException(name, position, $"Block {NextBlock} is missing; {number} follows.");
            }

            NextBlock = number + 1;
            var entries = JournalBlock.ReadIndex(_header, position);
            var isRight = await CheckPayloadAsync(position, header.Value).ConfigureAwait(false);
            if (!isRight && isNewest && await IsLastAsync(position + header.Value.TotalBytes).ConfigureAwait(false))
            {
                yield break; // Torn: the last block, written but never flushed.
            }

            yield return new ScannedBlock(position, entries, IsDamaged: !isRight);
            position += header.Value.TotalBytes;
        }
    }

    private async ValueTask<JournalBlockHeader?> ReadHeaderAsync(long position)
    {
        var fixedPart = _header.AsMemory(0, JournalBlock.FixedHeaderBytes);
        if (await file.ReadAsync(position, fixedPart, CancellationToken.None).ConfigureAwait(false) < fixedPart.Length
            || !JournalBlock.TryReadHeaderLength(fixedPart.Span, out var headerBytes))
        {
            return null;
        }

        var index = _header.AsMemory(JournalBlock.FixedHeaderBytes, headerBytes - JournalBlock.FixedHeaderBytes);
        var read = await file
            .ReadAsync(position + JournalBlock.FixedHeaderBytes, index, CancellationToken.None).ConfigureAwait(false);
        return read == index.Length
            && JournalBlock.TryReadHeader(_header, out var header)
            && header.JournalId == journalId
            ? header
            : null;
    }

    private async ValueTask<bool> CheckPayloadAsync(long position, JournalBlockHeader header)
    {
        if (_payload.Length < header.PayloadBytes)
        {
            _payload = new byte[header.PayloadBytes];
        }

        var payload = _payload.AsMemory(0, header.PayloadBytes);
        var read = await file.ReadAsync(position + header.HeaderBytes, payload, CancellationToken.None)
            .ConfigureAwait(false);
        return read == payload.Length && Crc32C.Compute(payload.Span) == header.PayloadCrc;
    }

    private async Task<bool> IsZeroFromAsync(long position)
    {
        var window = new byte[ZeroScanBytes];
        while (await file.ReadAsync(position, window, CancellationToken.None).ConfigureAwait(false) is > 0 and var read)
        {
            if (window.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            position += read;
        }

        return true;
    }

    // Whether no right header begins at a position or anywhere behind it.
    private async Task<bool> IsLastAsync(long position)
    {
        var window = new byte[ScanBytes + JournalBlock.FixedHeaderBytes];
        for (var start = position; start < file.LengthBytes; start += ScanBytes)
        {
            var read = await file.ReadAsync(start, window, CancellationToken.None).ConfigureAwait(false);
            for (var i = 0; i + JournalBlock.FixedHeaderBytes <= read && i < ScanBytes; i++)
            {
                if (JournalBlock.TryReadHeaderLength(window.AsSpan(i, read - i), out _)
                    && await ReadHeaderAsync(start + i).ConfigureAwait(false) is not null)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
