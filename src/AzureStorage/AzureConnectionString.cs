namespace OrleansStream.AzureStorage;

/// <summary>A storage account's connection string, taken apart.</summary>
/// <remarks>
/// <c>Name=value</c> pairs with semicolons between them:
/// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
/// </remarks>
internal sealed class AzureConnectionString
{
    // What the emulator accepts; published by its makers, and worth nothing elsewhere.
    private const string Emulator =
        "AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1";

    private readonly Dictionary<string, string> _settings;

    private AzureConnectionString(Dictionary<string, string> settings)
    {
        _settings = settings;
        AccountName = settings.GetValueOrDefault("AccountName", "");
        Key = settings.GetValueOrDefault("AccountKey");
        Signature = settings.GetValueOrDefault("SharedAccessSignature")?.TrimStart('?');
        Blobs = EndpointOf("blob");
        Tables = EndpointOf("table");
        if (Key is null == Signature is null || (Key is not null && (AccountName.Length == 0 || !IsBase64(Key))))
        {
            throw Malformed("it takes AccountName and AccountKey, or a SharedAccessSignature");
        }
    }

    public string AccountName { get; }

    public string? Key { get; }

    public string? Signature { get; }

    public Uri Blobs { get; }

    public Uri Tables { get; }

    /// <exception cref="FormatException">It is none. The message quotes nothing of it.</exception>
    public static AzureConnectionString Parse(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (pair.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } value]
                || !settings.TryAdd(name, value))
            {
                throw Malformed("it has NAME=VALUE pairs, each name once, with semicolons between them");
            }
        }

        return settings.GetValueOrDefault("UseDevelopmentStorage") == "true"
            ? Parse(Emulator)
            : new AzureConnectionString(settings);
    }

    private Uri EndpointOf(string service)
    {
        var text = _settings.GetValueOrDefault($"{service}Endpoint")
            ?? (AccountName.Length == 0
                ? throw Malformed("it takes an AccountName, or BlobEndpoint and TableEndpoint")
                : $"{_settings.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{AccountName}.{service}."
                    + _settings.GetValueOrDefault("EndpointSuffix", "core.windows.net"));
        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint)
            ? endpoint
            : throw Malformed($"its {service} endpoint is no URL");
    }

    private static bool IsBase64(string text) => Convert.TryFromBase64String(text, new byte[text.Length], out _);

    private static FormatException Malformed(string reason)
        => new($"This is no connection string of an Azure storage account: {reason}.");
}
