using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using OrleansStream.AzureStorage.Tables;

namespace OrleansStream.AzureStorage;

/// <summary>Where an account's blobs and tables are, and how to sign in.</summary>
/// <remarks>
/// Read from a connection string (account key or shared access signature), from the URL of the blob service with a
/// shared access signature, or from that URL alone: then Azure.Identity finds who this process is.
/// </remarks>
public sealed class AzureAccount
{
    private const string TokenScope = "https://storage.azure.com/.default";
    private const string BlobHost = ".blob.";

    private readonly Uri _blobs;
    private readonly Uri _tables;
    private readonly string _accountName = "";
    private readonly string? _key;
    private readonly string? _signature; // A shared access signature, without the question mark.
    private readonly TokenCredential? _identity;

    private AzureAccount(AzureConnectionString settings)
    {
        _blobs = settings.Blobs;
        _tables = settings.Tables;
        _accountName = settings.AccountName;
        _key = settings.Key;
        _signature = settings.Signature;
    }

    private AzureAccount(Uri url)
    {
        if (!url.Host.Contains(BlobHost, StringComparison.Ordinal))
        {
            throw new FormatException("The URL of an Azure account looks like https://NAME.blob.core.windows.net.");
        }

        var tables = new UriBuilder(url) { Query = "" };
        tables.Host = url.Host.Replace(BlobHost, ".table.", StringComparison.Ordinal);
        _tables = tables.Uri;
        _blobs = new UriBuilder(url) { Query = "" }.Uri;
        _signature = url.Query.Length > 1 ? url.Query[1..] : null;
        _identity = _signature is null ? new DefaultAzureCredential() : null;
    }

    /// <exception cref="FormatException">
    /// The text is neither a connection string nor an URL; the message does not quote it, for it may hold a key.
    /// </exception>
    public static AzureAccount Parse(string text)
        => text.StartsWith("http", StringComparison.OrdinalIgnoreCase)
            ? Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps
                ? new AzureAccount(url)
                : throw new FormatException("The URL of an Azure account is an https URL.")
            : new AzureAccount(AzureConnectionString.Parse(text));

    /// <summary>The blob service's address: nothing secret.</summary>
    public override string ToString() => _blobs.ToString();

    internal BlobServiceClient OpenBlobs(BlobClientOptions options)
        => _key is not null ? new(_blobs, new StorageSharedKeyCredential(_accountName, _key), options)
            : _signature is not null ? new(_blobs, new AzureSasCredential(_signature), options)
            : new(_blobs, _identity!, options);

    internal TableEndpoint OpenTable(string name, ClientOptions options)
    {
        HttpPipelinePolicy signing = _key is not null ? new SharedKeyLitePolicy(_accountName, _key)
            : _signature is not null ? new SignaturePolicy(_signature)
            : new BearerTokenAuthenticationPolicy(_identity!, TokenScope);
        return new TableEndpoint(_tables, name, HttpPipelineBuilder.Build(options, [], [signing], null));
    }
}
