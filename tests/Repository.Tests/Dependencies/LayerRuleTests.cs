using System.Reflection;
using System.Xml.Linq;

namespace OrleansStream.Repository.Tests.Dependencies;

public sealed class LayerRuleTests
{
    [Fact]
    public void Project_files_keep_to_the_layers()
        => Assert.Empty(RepositoryTree.Files("*.csproj")
            .Where(path => path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(path => LayerRule.CheckProject(
                Path.GetFileNameWithoutExtension(path), ProjectReferences(RepositoryTree.Read(path)))));

    [Fact]
    public void Compiled_assemblies_keep_to_the_layers()
        => Assert.Empty(LayerRule.Projects
            .Where(IsBuilt)
            .SelectMany(project => LayerRule.CheckAssembly(project, AssemblyReferences(project))));

    [Fact]
    public void The_compiled_assemblies_are_there_to_be_judged()
        => Assert.All(
            ["Contracts", "Protocols", "Engine", "AzureStorage", "Embedded", "Grains", "Silo", "Client"],
            project => Assert.True(IsBuilt(project)));

    [Theory]
    [InlineData("Engine", "../Protocols/Protocols.csproj", 0)]
    [InlineData("Engine", "..\\Silo\\Silo.csproj", 1)]
    [InlineData("Contracts", "../Protocols/Protocols.csproj", 1)]
    [InlineData("Helpers", "../Contracts/Contracts.csproj", 1)]
    public void A_project_reference_against_the_layers_is_found(string project, string reference, int violations)
    {
        var file = $"<Project><ItemGroup><ProjectReference Include=\"{reference}\" /></ItemGroup></Project>";

        Assert.Equal(violations, LayerRule.CheckProject(project, ProjectReferences(file)).Count());
    }

    [Theory]
    [InlineData("Engine", "OrleansStream.Contracts", 0)]
    [InlineData("Engine", "OrleansStream.Grains", 1)]
    [InlineData("Engine", "Orleans.Serialization", 1)]
    [InlineData("Engine", "Microsoft.AspNetCore.Http", 1)]
    [InlineData("Engine", "Azure.Core", 1)]
    [InlineData("AzureStorage", "Azure.Core", 0)]
    [InlineData("Engine", "Microsoft.Extensions.Logging.Abstractions", 0)]
    [InlineData("Protocols", "System.Net.Sockets", 1)]
    [InlineData("Protocols", "System.IO.Compression", 0)]
    [InlineData("Grains", "Orleans.Runtime", 0)]
    public void An_assembly_against_the_layers_is_found(string project, string reference, int violations)
        => Assert.Equal(violations, LayerRule.CheckAssembly(project, [reference]).Count());

    private static IEnumerable<string> ProjectReferences(string projectFile)
        => XDocument.Parse(projectFile)
            .Descendants("ProjectReference")
            .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'))
            .Select(Path.GetFileNameWithoutExtension)!;

    private static string[] AssemblyReferences(string project)
        => [.. Assembly.Load($"OrleansStream.{project}")
            .GetReferencedAssemblies()
            .Select(reference => reference.Name!)];

    private static bool IsBuilt(string project)
        => File.Exists(Path.Combine(AppContext.BaseDirectory, $"OrleansStream.{project}.dll"));
}
