using OrleansStream.AzureStorage;
using OrleansStream.Engine.Hosting;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Gateways.Security;
using OrleansStream.Silo.Http;

namespace OrleansStream.Silo.Hosting;

/// <summary>A setting that has an option of its own on the command line.</summary>
internal sealed record SettingSwitch(string Name, string ValueName, string Key);

/// <summary>Every setting there is: the one table from which options are bound, checked and explained.</summary>
/// <remarks>
/// A setting comes, the later the stronger, from its default, from <c>appsettings.json</c>, from the environment
/// (<c>OSTREAM__SECTION__NAME</c>) and from the command line.
/// </remarks>
internal static class Settings
{
    public const string EnvironmentPrefix = "OSTREAM__";

    private static readonly SettingSection[] Sections =
    [
        new SettingSection<SiloOptions>("Silo"),
        new SettingSection<HttpOptions>("Http"),
        new SettingSection<ConnectionOptions>("Gateways:Connections"),
        new SettingSection<KafkaGatewayOptions>("Gateways:Kafka"),
        new SettingSection<KafkaApiOptions>("Gateways:Kafka:Apis"),
        new SettingSection<KafkaQuotaOptions>("Gateways:Kafka:Quotas"),
        new SettingSection<SecurityOptions>("Gateways:Kafka:Security"),
        new SettingSection<EngineOptions>("Engine"),
        new SettingSection<AzureStoreOptions>("Azure"),
    ];

    /// <summary>The settings with an option of their own; scripts rely on these names.</summary>
    public static IReadOnlyList<SettingSwitch> Switches { get; } =
    [
        new("--data", "DIR", "Silo:Data"),
        new("--bind", "ADDRESS", "Silo:Bind"),
        new("--kafka-port", "PORT", "Gateways:Kafka:Port"),
        new("--http-port", "PORT", "Http:Port"),
        new("--kafka-security", "plaintext|ssl|sasl_plaintext|sasl_ssl", "Gateways:Kafka:Security:Protocol"),
        new("--engine", "embedded|orleans", "Silo:Engine"),
        new("--storage", "local:DIR|azure:CONNECTION|memory", "Silo:Storage"),
        new("--journal-sync", "always|os", "Silo:JournalSync"),
    ];

    public static IReadOnlyList<Setting> All { get; } = [.. Sections.SelectMany(section => section.Settings)];

    /// <summary>Binds every section to its options class; they are checked when the host starts.</summary>
    public static void AddTo(IServiceCollection services)
    {
        foreach (var section in Sections)
        {
            section.AddTo(services);
        }
    }

    /// <summary>
    /// Names of the setting and, where there is one, of its option, so that whoever gave it finds it.
    /// </summary>
    public static string NameOf(string key)
        => Switches.FirstOrDefault(candidate => candidate.Key == key) is { } found ? $"{found.Name} ({key})" : key;

    /// <summary>The name of the setting that a message mentions; null when it mentions none.</summary>
    public static string? FindNamed(string message)
        => All.FirstOrDefault(setting => message.Contains($"'{setting.Key}'", StringComparison.OrdinalIgnoreCase))
            is { } found
            ? NameOf(found.Key)
            : null;

    /// <summary>Null when all keys are known; else a sentence that names one that is not.</summary>
    public static string? FindUnknown(IEnumerable<string> keys)
        => keys.FirstOrDefault(key => !All.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)))
            is { } unknown
            ? $"There is no setting '{unknown}'; --help lists them all."
            : null;
}
