namespace OrleansStream.TestKit.Storage;

/// <summary>A new, empty directory that is deleted with all in it when the test ends.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ostream-test-");

    public string Path => _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);
}
