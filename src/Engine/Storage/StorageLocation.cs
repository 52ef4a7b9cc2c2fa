using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.Engine.Storage;

/// <summary>The kinds of storage records can be kept in.</summary>
public enum StorageKind
{
    /// <summary>A directory.</summary>
    Local,

    /// <summary>Blobs and tables of an Azure storage account.</summary>
    Azure,

    /// <summary>This process's memory: for tests and trials, gone when it ends.</summary>
    Memory,
}

/// <summary>
/// Where records are kept, as written on the command line: <c>local:DIR</c>, <c>azure:CONNECTION</c> or <c>memory</c>.
/// </summary>
/// <param name="Place">The directory, or how to reach the account: with its key, it may be. Empty for memory.</param>
public sealed record StorageLocation(StorageKind Kind, string Place)
{
    /// <summary>What is wrong with a text of another form; not quoted, for it may hold a key.</summary>
    public const string Malformed = "the value is none of local:DIR, azure:CONNECTION and memory.";

    /// <exception cref="FormatException">The text is none of the three forms.</exception>
    public static StorageLocation Parse(string text)
        => TryParse(text, out var location)
            ? location
            : throw new FormatException(Malformed);

    public static bool TryParse(string text, [NotNullWhen(true)] out StorageLocation? location)
    {
        var parts = text.Split(':', 2);
        location = parts switch
        {
            ["memory"] => new(StorageKind.Memory, ""),
            ["local", { Length: > 0 } directory] => new(StorageKind.Local, Path.GetFullPath(directory)),
            ["azure", { Length: > 0 } connection] => new(StorageKind.Azure, connection),
            _ => null,
        };
        return location is not null;
    }

    // A connection string may hold a key, which has no place in a log.
    public override string ToString() => Kind switch
    {
        StorageKind.Local => $"local:{Place}",
        StorageKind.Azure => "azure",
        _ => "memory",
    };
}
