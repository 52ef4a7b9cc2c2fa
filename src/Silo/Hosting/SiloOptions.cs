using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
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
    [Description("The directory for the silo's data.")]
    [Required]
    public string Data { get; init; } = "./data";

    // Nothing is reachable from outside until somebody says so.
    [Description("The IP address to listen on; 0.0.0.0 for all of IPv4, :: for all.")]
    [Required]
    public string Bind { get; init; } = "127.0.0.1";

    [Description("Who runs partitions and groups: embedded (this process) or orleans (a cluster of silos).")]
    [EnumDataType(typeof(EngineKind))]
    public EngineKind Engine { get; init; } = EngineKind.Embedded;

    [Description("Where records are kept: local:DIR, azure:CONNECTION or memory. By default local:<data>.")]
    public string? Storage { get; init; }

    [Description("When acks=all is answered: always (on disk) or os (handed to the operating system).")]
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

        if (Storage is not null && !StorageLocation.TryParse(Storage, out _))
        {
            yield return new(
                $"'{Storage}' is none of local:DIR, azure:CONNECTION and memory.", [nameof(Storage)]);
        }
    }
}
