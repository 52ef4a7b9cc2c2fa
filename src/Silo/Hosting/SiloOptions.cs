using System.ComponentModel.DataAnnotations;
using System.Net;
using OrleansStream.AzureStorage;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;

namespace OrleansStream.Silo.Hosting;

/// <summary>Who runs partitions and groups.</summary>
public enum EngineKind
{
    /// <summary>This process alone.</summary>
    Embedded,

    /// <summary>Orleans grains, over all silos of a cluster.</summary>
    Orleans,
}

/// <summary>What a silo is and where it keeps its data. Bound from <c>Silo</c> and checked at start.</summary>
public sealed class SiloOptions : IValidatableObject
{
    /// <summary>The directory for the silo's data.</summary>
    [Required]
    public string Data { get; init; } = "./data";

    /// <summary>
    /// The IP address to listen on; 0.0.0.0 for all of IPv4, :: for all. Nothing is reachable from outside by default.
    /// </summary>
    [Required]
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>Who runs partitions and groups: embedded (this process) or orleans (a cluster of silos).</summary>
    [EnumDataType(typeof(EngineKind))]
    public EngineKind Engine { get; init; } = EngineKind.Embedded;

    /// <summary>
    /// Where records are kept: local:DIR, azure:CONNECTION (a connection string, or the account's URL) or memory. By
    /// default local:DATA.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>When acks=all is answered: always (on disk) or os (handed to the operating system).</summary>
    [EnumDataType(typeof(JournalSync))]
    public JournalSync JournalSync { get; init; } = JournalSync.Always;

    /// <summary>Only once the options have been checked.</summary>
    public IPAddress BindAddress => Bind == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Bind);

    /// <summary>Only once the options have been checked.</summary>
    public StorageLocation StorageLocation => StorageLocation.Parse(Storage ?? $"local:{Data}");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Bind != "localhost" && !IPAddress.TryParse(Bind, out _))
        {
            yield return new($"'{Bind}' is no IP address; give one, or localhost.", [nameof(Bind)]);
        }

        if (Storage is null)
        {
            yield break;
        }

        if (!StorageLocation.TryParse(Storage, out var location))
        {
            yield return new(StorageLocation.Malformed, [nameof(Storage)]);
        }
        else if (location.Kind == StorageKind.Azure && FindMistake(location) is { } mistake)
        {
            yield return new(mistake, [nameof(Storage)]);
        }
    }

    private static string? FindMistake(StorageLocation location)
    {
        try
        {
            AzureAccount.Parse(location.Place);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
