namespace OrleansStream.TestKit.Clients;

/// <summary>The emulator of Azure storage, in a process of its own, with all in its memory or in files.</summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    // What every emulator accepts; published by its makers.
    public const string AccountName = "devstoreaccount1";
    public const string AccountKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private const string Listening = "service is successfully listening at ";
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _child;

    private AzuriteProcess(ChildProcess child, string blobs, string tables)
    {
        _child = child;
        BlobAddress = new Uri(blobs).Authority;
        TableAddress = new Uri(tables).Authority;
        Endpoints = EndpointsAt(BlobAddress, TableAddress);
    }

    /// <summary>Host and port of the blob service.</summary>
    public string BlobAddress { get; }

    /// <summary>Host and port of the table service.</summary>
    public string TableAddress { get; }

    /// <summary>Where it listens, as part of a connection string.</summary>
    public string Endpoints { get; }

    /// <summary>All it takes to connect with the account's key.</summary>
    public string ConnectionString => Connect(BlobAddress, TableAddress);

    /// <summary>The script that Node.js runs.</summary>
    internal static string Script { get; } = Path.Combine(
        RepositoryRoot.Path, "tests/AzureStorage.Tests/Azurite/node_modules/azurite/dist/src/azurite.js");

    /// <summary>Starts it on ports of its own choice and returns once it serves.</summary>
    /// <param name="directory">Where it keeps its files; null to keep everything in memory, at most half of it.</param>
    public static async Task<AzuriteProcess> StartAsync(string? directory = null)
    {
        string[] place = directory is null ? ["--inMemoryPersistence"] : ["--location", directory];
        var child = ChildProcess.Start(
            "node", [Script, .. place, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"]);
        try
        {
            return new AzuriteProcess(
                child, await FindAddressAsync(child, "Blob"), await FindAddressAsync(child, "Table"));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string for whoever reaches the services at other addresses.</summary>
    public static string Connect(string blobAddress, string tableAddress)
        => $"AccountName={AccountName};AccountKey={AccountKey};{EndpointsAt(blobAddress, tableAddress)}";

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private static string EndpointsAt(string blobAddress, string tableAddress)
        => $"BlobEndpoint=http://{blobAddress}/{AccountName};TableEndpoint=http://{tableAddress}/{AccountName}";

    private static async Task<string> FindAddressAsync(ChildProcess child, string service)
    {
        var line = await child.WaitForLineAsync($"{service} {Listening}", s_startTimeout);
        return line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim();
    }
}
