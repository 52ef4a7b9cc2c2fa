using System.Text;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Writes one segment as blocks, which a commit makes a blob.</summary>
/// <remarks>
/// Blocks are sent while the next are being filled, a few at a time. The service checks the MD5 of each. The owner
/// makes one call at a time; only <see cref="Refuse"/> may come from elsewhere.
/// </remarks>
internal sealed class BlockBlobWriter(
    BlockBlobClient blob, StorageCalls calls, Action<BlockBlobWriter> onGone) : ISegmentWriter
{
    private const int BlockBytes = 4 * 1_024 * 1_024;
    private const int MaxUploads = 4;

    private static readonly UploadTransferValidationOptions Checked =
        new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private readonly BlobMarker _marker = new();
    private readonly string _idPrefix = Guid.NewGuid().ToString("N");
    private readonly List<string> _blocks = [];
    private readonly Queue<Task> _uploads = [];
    private PooledBuffer? _block;
    private int _blockBytes;
    private long _lengthBytes;
    private bool _finished; // Committed, failed or disposed.
    private volatile bool _refused;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFinished();
        while (!bytes.IsEmpty)
        {
            if (_blockBytes == BlockBytes)
            {
                await StageAsync().ConfigureAwait(false);
            }

            _block ??= PooledBuffer.Rent(BlockBytes);
            var count = Math.Min(bytes.Length, BlockBytes - _blockBytes);
            bytes.Span[..count].CopyTo(_block.Span[_blockBytes..]);
            _blockBytes += count;
            _lengthBytes += count;
            bytes = bytes[count..];
        }
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFinished();
        if (_blockBytes > 0)
        {
            await StageAsync().ConfigureAwait(false);
        }

        await FinishUploadsAsync(room: MaxUploads).ConfigureAwait(false);

        _finished = true;
        ThrowIfRefused();
        await calls.RunAsync(blob.Name, PublishAsync, CancellationToken.None).ConfigureAwait(false);
        if (_refused)
        {
            // The partition was deleted while the commit was under way, and may not have seen this segment.
            await calls.RunAsync(
                blob.Name, token => blob.DeleteIfExistsAsync(cancellationToken: token), CancellationToken.None)
                .ConfigureAwait(false);
            ThrowIfRefused();
        }
    }

    /// <summary>Lets no commit succeed that has not yet: the partition is being deleted.</summary>
    public void Refuse() => _refused = true;

    public async ValueTask DisposeAsync()
    {
        _finished = true;
        foreach (var upload in _uploads)
        {
            await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _uploads.Clear();
        _block?.Dispose();
        _block = null;
        onGone(this);
    }

    private async Task StageAsync()
    {
        var id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{_idPrefix}{_blocks.Count:d6}"));
        _blocks.Add(id);
        await FinishUploadsAsync(room: 1).ConfigureAwait(false);
        _uploads.Enqueue(UploadAsync(id, TakeBlock(), _blockBytes));
        _blockBytes = 0;
    }

    private PooledBuffer TakeBlock()
    {
        var block = _block!;
        _block = null;
        return block;
    }

    private async Task UploadAsync(string id, PooledBuffer block, int blockBytes)
    {
        try
        {
            await calls.RunAsync(
                blob.Name,
                token => blob.StageBlockAsync(
                    id,
                    BorrowedStream.Over(block.Memory[..blockBytes]),
                    new BlockBlobStageBlockOptions { TransferValidation = Checked },
                    token),
                CancellationToken.None).ConfigureAwait(false);
            block.Dispose();
        }
        catch
        {
            block.Abandon(); // A try that timed out may still be reading it.
            throw;
        }
    }

    private async Task FinishUploadsAsync(int room)
    {
        try
        {
            while (_uploads.Count > MaxUploads - room)
            {
                await _uploads.Dequeue().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            _finished = true;
            throw;
        }
    }

    private async Task<bool> PublishAsync(CancellationToken cancellationToken)
    {
        var ifNew = new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            await blob.CommitBlockListAsync(
                _blocks,
                new CommitBlockListOptions { Conditions = ifNew, Metadata = _marker.Metadata },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageFault.IsUnclear(e) && StorageFault.Is(e, cancellationToken))
        {
            await _marker.ConfirmAsync(blob, _lengthBytes, e, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private void ThrowIfRefused()
    {
        if (_refused)
        {
            throw new IOException($"{blob.Name} was not committed: its partition was deleted meanwhile.");
        }
    }

    private void ThrowIfFinished()
    {
        if (_finished)
        {
            throw new InvalidOperationException($"{blob.Name} was committed, or has failed.");
        }
    }
}
