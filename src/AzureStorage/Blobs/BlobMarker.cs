using Azure;
using Azure.Storage.Blobs.Specialized;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Tells a blob that this writer made from any other of its name, when a reply was lost.</summary>
internal sealed class BlobMarker
{
    private const string Key = "writer";

    private readonly string _writer = Guid.NewGuid().ToString("N");

    public Dictionary<string, string> Metadata => new() { [Key] = _writer };

    /// <summary>Completes when the blob is the one this writer made, whole; throws when it is not.</summary>
    public async Task ConfirmAsync(
        BlobBaseClient blob, long lengthBytes, Exception fault, CancellationToken cancellationToken)
    {
        try
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)
                .ConfigureAwait(false)).Value;
            if (properties.Metadata.TryGetValue(Key, out var writer) && writer == _writer)
            {
                // The service makes a blob whole or not at all, so another length would be its fault, or ours.
                if (properties.ContentLength != lengthBytes)
                {
                    throw new IOException(
                        $"{blob.Name} has {properties.ContentLength} bytes where {lengthBytes} were written.", fault);
                }

                return;
            }
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw StorageFault.ToIOException(blob.Name, fault);
        }

        throw new IOException($"{blob.Name} exists.", fault);
    }
}
