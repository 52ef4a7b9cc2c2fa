using Microsoft.Extensions.Options;
using OrleansStream.AzureStorage;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Silo.Hosting;

/// <summary>Opens the storage that the options name, for whichever engine runs on it.</summary>
internal sealed class SiloStorage(IOptions<SiloOptions> silo, IOptions<AzureStoreOptions> azure, TimeProvider time)
{
    // One for good: what is in memory must still be there when the storage is opened again.
    private readonly Lazy<MemoryStorage> _memory = new(() => new MemoryStorage());

    /// <summary>Called again whenever the storage has failed.</summary>
    public async Task<IStorage> OpenAsync(CancellationToken cancellationToken)
    {
        var options = silo.Value;
        var location = options.StorageLocation;
        return location.Kind switch
        {
            StorageKind.Memory => _memory.Value,
            StorageKind.Azure => await AzureStore.OpenAsync(
                AzureAccount.Parse(location.Place), azure.Value, time, cancellationToken),
            _ => await LocalStorage.OpenAsync(location.Place, options.JournalSync, cancellationToken),
        };
    }

    /// <summary>Whether the fault is the storage's, not ours.</summary>
    public static bool IsUnavailable(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The end of a start, in a sentence.</summary>
    public StartFailedException CannotOpen(Exception e)
        => new(
            ExitCode.StorageUnavailable,
            $"The storage {silo.Value.StorageLocation} cannot be opened. {e.Message}",
            e);
}
