namespace OrleansStream.TestKit;

/// <summary>Where the repository lies that the running tests were built from.</summary>
public static class RepositoryRoot
{
    /// <summary>The directory that holds the solution.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(directory.FullName, "OrleansStream.sln")))
        {
            directory = directory.Parent
                ?? throw new DirectoryNotFoundException($"No OrleansStream.sln above {AppContext.BaseDirectory}.");
        }

        return directory.FullName;
    }
}
