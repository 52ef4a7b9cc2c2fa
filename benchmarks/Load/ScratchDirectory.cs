using OrleansStream.TestKit;

namespace OrleansStream.Load;

/// <summary>A directory for the files of one scenario, which goes away with them.</summary>
/// <remarks>
/// It lies in the repository's artifacts: the system's temporary directory may be in memory, not on a disk.
/// </remarks>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateDirectory(
        System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "load", Guid.NewGuid().ToString("N")));

    public string Path => _directory.FullName;

    /// <summary>The path of something in it.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
