using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Silo.Hosting;

/// <summary>Opens the storage that the options name, for whichever engine runs on it.</summary>
internal static class SiloStorage
{
    /// <summary>How to open it. Called again whenever it has failed: memory must then still be there.</summary>
    public static Func<CancellationToken, Task<IStorage>> Choose(SiloOptions options)
    {
        if (options.StorageLocation.Kind == StorageKind.Memory)
        {
            var memory = new MemoryStorage();
            return _ => Task.FromResult<IStorage>(memory);
        }

        return async cancellationToken =>
            await LocalStorage.OpenAsync(options.StorageLocation.Place, options.JournalSync, cancellationToken);
    }

    /// <summary>Whether the fault is the storage's, not ours.</summary>
    public static bool IsUnavailable(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The end of a start, in a sentence.</summary>
    public static StartFailedException CannotOpen(SiloOptions options, Exception e)
        => new(ExitCode.StorageUnavailable, $"The storage {options.StorageLocation} cannot be opened. {e.Message}", e);
}
