using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Reads ranges of one blob, as long as it was when it was opened.</summary>
internal sealed class BlobReader : ISegmentFile
{
    private readonly BlobBaseClient _blob;
    private readonly StorageCalls _calls;

    private BlobReader(BlobBaseClient blob, StorageCalls calls, long lengthBytes)
    {
        _blob = blob;
        _calls = calls;
        LengthBytes = lengthBytes;
    }

    public long LengthBytes { get; }

    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    public static async ValueTask<BlobReader> OpenAsync(
        BlobBaseClient blob, StorageCalls calls, CancellationToken cancellationToken)
    {
        var lengthBytes = await calls.RunAsync(
            blob.Name,
            async token =>
            {
                try
                {
                    return (await blob.GetPropertiesAsync(cancellationToken: token).ConfigureAwait(false))
                        .Value.ContentLength;
                }
                catch (RequestFailedException e) when (e.Status == 404)
                {
                    throw new FileNotFoundException($"There is no {blob.Name}.", blob.Name, e);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return new BlobReader(blob, calls, lengthBytes);
    }

    public ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var count = (int)Math.Min(buffer.Length, LengthBytes - position);
        return count <= 0
            ? ValueTask.FromResult(0)
            : _calls.RunAsync(_blob.Name, token => FillAsync(position, buffer[..count], token), cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<int> FillAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions { Range = new HttpRange(position, buffer.Length) };
        using var download = (await _blob.DownloadStreamingAsync(options, cancellationToken)
            .ConfigureAwait(false)).Value;
        await download.Content.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
        return buffer.Length;
    }
}
