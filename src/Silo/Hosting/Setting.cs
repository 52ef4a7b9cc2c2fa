using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace OrleansStream.Silo.Hosting;

/// <summary>One setting: a property of an options class, and its name in the configuration.</summary>
/// <param name="Default">What applies without it; empty when that depends on something else.</param>
internal sealed record Setting(string Key, string Default, PropertyInfo Property);

/// <summary>A section of the configuration, with the options class that it is bound to.</summary>
internal abstract class SettingSection(string name, Type type)
{
    public string Name => name;

    public IReadOnlyList<Setting> Settings { get; } = [.. Enumerate(name, Activator.CreateInstance(type)!)];

    /// <summary>Has the section bound to its options class, and checked when the host starts.</summary>
    public abstract void AddTo(IServiceCollection services);

    /// <summary>Options that can be set, which leaves out what is computed from them.</summary>
    protected static IEnumerable<PropertyInfo> PropertiesOf(object options)
        => options.GetType().GetProperties().Where(property => property.CanWrite);

    /// <summary>Whether a property holds further options instead of a value.</summary>
    protected static bool IsGroup(PropertyInfo property)
        => property.PropertyType.IsClass && property.PropertyType != typeof(string);

    private static IEnumerable<Setting> Enumerate(string name, object options)
        => PropertiesOf(options).SelectMany(property => IsGroup(property)
            ? Enumerate($"{name}:{property.Name}", property.GetValue(options)!)
            : [new Setting($"{name}:{property.Name}", ToText(property.GetValue(options)), property)]);

    private static string ToText(object? value) => value switch
    {
        null => "",
        Enum or bool => value.ToString()!.ToLowerInvariant(),
        _ => FormattableString.Invariant($"{value}"),
    };
}

/// <summary>A <see cref="SettingSection"/> for one options class.</summary>
internal sealed class SettingSection<TOptions>(string name) : SettingSection(name, typeof(TOptions))
    where TOptions : class
{
    public override void AddTo(IServiceCollection services)
        => services.AddOptions<TOptions>()
            .BindConfiguration(Name)
            .ValidateOnStart()
            .Services.AddSingleton<IValidateOptions<TOptions>>(new Check(Name));

    private sealed class Check(string section) : IValidateOptions<TOptions>
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var mistakes = FindMistakes(section, options).ToList();
            return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
        }

        private static IEnumerable<string> FindMistakes(string name, object options)
        {
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
            var own = results.Select(
                result => $"{Hosting.Settings.NameOf($"{name}:{result.MemberNames.First()}")}: {result.ErrorMessage}");
            var nested =
                from property in PropertiesOf(options)
                where IsGroup(property)
                from mistake in FindMistakes($"{name}:{property.Name}", property.GetValue(options)!)
                select mistake;
            return own.Concat(nested);
        }
    }
}
