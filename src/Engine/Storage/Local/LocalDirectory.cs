namespace OrleansStream.Engine.Storage.Local;

/// <summary>Directory operations whose every fault is an <see cref="IOException"/> that names the directory.</summary>
internal static class LocalDirectory
{
    /// <summary>Creates a directory and the missing ones above it, each durably.</summary>
    public static void CreateDurably(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            CreateDurably(parent);
        }

        LocalFile.Run("Creating", path, () => Directory.CreateDirectory(path));
        if (!string.IsNullOrEmpty(parent))
        {
            DiskSync.Directory(parent);
        }
    }

    /// <summary>Creates a directory and the missing ones above it.</summary>
    public static void Create(string path) => LocalFile.Run("Creating", path, () => Directory.CreateDirectory(path));

    /// <summary>Deletes a directory and all in it. Deleting one that is not there does nothing.</summary>
    public static void Delete(string path) => LocalFile.Run("Deleting", path, () =>
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Then there is nothing to delete.
        }

        return 0;
    });

    /// <summary>Deletes a directory if nothing is in it.</summary>
    public static void TryDeleteEmpty(string path)
    {
        try
        {
            Directory.Delete(path, recursive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something is in it, or it is not there: both are as they should be.
        }
    }

    /// <summary>The names of files that end in a suffix, without it; none if there is no directory.</summary>
    public static IReadOnlyList<string> FileNames(string path, string suffix)
        => Names(path, suffix, Directory.EnumerateFiles);

    /// <summary>The names of the directories in a directory; none if it does not exist.</summary>
    public static IReadOnlyList<string> DirectoryNames(string path)
        => Names(path, suffix: "", Directory.EnumerateDirectories);

    private static string[] Names(string path, string suffix, Func<string, IEnumerable<string>> enumerate)
        => LocalFile.Run("Listing", path, () =>
        {
            try
            {
                return enumerate(path)
                    .Select(entry => Path.GetFileName(entry)!)
                    .Where(name => name.EndsWith(suffix, StringComparison.Ordinal))
                    .Select(name => name[..^suffix.Length])
                    .ToArray();
            }
            catch (DirectoryNotFoundException)
            {
                return [];
            }
        });
}
