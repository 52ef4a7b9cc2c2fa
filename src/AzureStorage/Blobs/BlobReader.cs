using System.Net.Http.Headers;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Reads ranges of one blob, as long as it was when it was opened.</summary>
/// <param name="isChecked">Whether the length is only believed, so that each read makes sure of it.</param>
internal sealed class BlobReader(BlobBaseClient blob, StorageCalls calls, long lengthBytes, bool isChecked)
    : ISegmentFile
{
    public long LengthBytes => lengthBytes;

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
                    throw Missing(blob, e);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return new BlobReader(blob, calls, lengthBytes, isChecked: false);
    }

    public ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var count = (int)Math.Min(buffer.Length, LengthBytes - position);
        return count <= 0
            ? ValueTask.FromResult(0)
            : calls.RunAsync(blob.Name, token => FillAsync(position, buffer[..count], token), cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<int> FillAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var download = await DownloadAsync(position, buffer.Length, cancellationToken).ConfigureAwait(false);
        if (isChecked && ContentRangeHeaderValue.Parse(download.Details.ContentRange).Length is var found
            && found != lengthBytes)
        {
            throw new InvalidDataException($"{blob.Name} has {found} bytes, not {lengthBytes}.");
        }

        await download.Content.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
        return buffer.Length;
    }

    private async Task<BlobDownloadStreamingResult> DownloadAsync(
        long position, int lengthBytes, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(position, lengthBytes) };
            return (await blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw Missing(blob, e);
        }
        catch (RequestFailedException e) when (e.Status == 416)
        {
            throw new InvalidDataException($"{blob.Name} ends before position {position}.", e);
        }
    }

    private static FileNotFoundException Missing(BlobBaseClient blob, RequestFailedException cause)
        => new($"There is no {blob.Name}.", blob.Name, cause);
}
