using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;
using OrleansStream.Engine.Hosting;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Http;

namespace OrleansStream.Silo.Hosting;

/// <summary>One setting: its name in the configuration, what applies without it, and what it means.</summary>
internal sealed record Setting(string Key, string Default, string Description);

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

    private static readonly Section[] s_sections =
    [
        new Section<SiloOptions>("Silo"),
        new Section<EngineOptions>("Engine"),
        new Section<JournalOptions>("Engine:Journal"),
        new Section<HttpOptions>("Http"),
        new Section<ConnectionOptions>("Gateways:Connections"),
        new Section<KafkaGatewayOptions>("Gateways:Kafka"),
        new Section<KafkaApiOptions>("Gateways:Kafka:Apis"),
    ];

    /// <summary>The settings with an option of their own; scripts rely on these names.</summary>
    public static IReadOnlyList<SettingSwitch> Switches { get; } =
    [
        new("--data", "DIR", "Silo:Data"),
        new("--bind", "ADDRESS", "Silo:Bind"),
        new("--kafka-port", "PORT", "Gateways:Kafka:Port"),
        new("--http-port", "PORT", "Http:Port"),
        new("--engine", "embedded|orleans", "Silo:Engine"),
        new("--storage", "local:DIR|azure:CONNECTION|memory", "Silo:Storage"),
        new("--journal-sync", "always|os", "Silo:JournalSync"),
    ];

    public static IReadOnlyList<Setting> All { get; } = [.. s_sections.SelectMany(section => section.Settings)];

    /// <summary>Binds every section to its options class; they are checked when the host starts.</summary>
    public static void AddTo(IServiceCollection services)
    {
        foreach (var section in s_sections)
        {
            section.AddTo(services);
        }
    }

    /// <summary>Names of the setting and, where there is one, of its option, so that whoever gave it finds it.</summary>
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

    private abstract class Section(string name, Type type)
    {
        public string Name => name;

        public IEnumerable<Setting> Settings
        {
            get
            {
                var defaults = Activator.CreateInstance(type);
                return
                    from property in type.GetProperties()
                    let description = property.GetCustomAttribute<DescriptionAttribute>()
                    where description is not null
                    select new Setting(
                        $"{name}:{property.Name}", ToText(property.GetValue(defaults)), description.Description);
            }
        }

        public abstract void AddTo(IServiceCollection services);

        private static string ToText(object? value) => value switch
        {
            null => "",
            Enum => value.ToString()!.ToLowerInvariant(),
            _ => FormattableString.Invariant($"{value}"),
        };
    }

    private sealed class Section<TOptions>(string name) : Section(name, typeof(TOptions))
        where TOptions : class
    {
        public override void AddTo(IServiceCollection services)
            => services.AddOptions<TOptions>()
                .BindConfiguration(Name)
                .ValidateOnStart()
                .Services.AddSingleton<IValidateOptions<TOptions>>(new Check<TOptions>(Name));
    }

    private sealed class Check<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var results = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new ValidationContext(options), results, true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(results.Select(
                    result => $"{NameOf($"{section}:{result.MemberNames.First()}")}: {result.ErrorMessage}"));
        }
    }
}
