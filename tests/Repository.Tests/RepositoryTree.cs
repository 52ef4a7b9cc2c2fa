using OrleansStream.TestKit;

namespace OrleansStream.Repository.Tests;

/// <summary>The files of the repository these tests were built from.</summary>
internal static class RepositoryTree
{
    private static readonly string[] s_notOurs = ["bin", "obj", "artifacts", "node_modules", "data", "TestResults"];

    /// <summary>The directory that holds the solution.</summary>
    public static string Root => RepositoryRoot.Path;

    /// <summary>Every C# file, parsed once for all tests.</summary>
    public static IReadOnlyList<CSharpFile> CSharpFiles { get; } =
        [.. Files("*.cs").Select(path => CSharpFile.Parse(path, Read(path)))];

    /// <summary>Paths from the root with '/' between the parts, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string pattern)
    {
        var paths = new List<string>();
        Collect(new DirectoryInfo(Root), pattern, paths);
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static void Collect(DirectoryInfo directory, string pattern, List<string> paths)
    {
        foreach (var file in directory.EnumerateFiles(pattern))
        {
            paths.Add(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'));
        }

        foreach (var child in directory.EnumerateDirectories())
        {
            // tests/data is source; a silo's own data directory is not.
            var isOurs = !s_notOurs.Contains(child.Name) || (child.Name == "data" && directory.Name == "tests");
            if (isOurs && child.Name is not (".git" or ".vs"))
            {
                Collect(child, pattern, paths);
            }
        }
    }
}
