using Microsoft.Extensions.Options;

namespace OrleansStream.Silo.Hosting;

/// <summary>Stands where the Orleans host would be in a build that has no Orleans.</summary>
internal static class OrleansHost
{
    /// <summary>Would make the silo part of an Orleans cluster; says how to get there instead.</summary>
    public static void AddTo(WebApplicationBuilder builder)
        => throw new OptionsValidationException(
            nameof(SiloOptions.Engine),
            typeof(SiloOptions),
            [
                $"{Settings.NameOf("Silo:Engine")}: this build has no Orleans. Build where the Microsoft.Orleans "
                + "packages can be restored ('make run' finds out by itself), or use --engine embedded.",
            ]);
}
