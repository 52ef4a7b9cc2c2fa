namespace OrleansStream.AzureStorage;

/// <summary>Calls the service: only while this process owns the storage, with faults as the ports want.</summary>
internal sealed class StorageCalls(OwnerLease lease)
{
    /// <param name="name">What the call is about; it begins the message of a fault.</param>
    /// <param name="call">Throws what the Azure libraries throw, or exceptions that are meant for the caller.</param>
    public async ValueTask<T> RunAsync<T>(
        string name, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lease.ThrowIfLost();
        try
        {
            return await call(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageFault.Is(e, cancellationToken))
        {
            throw StorageFault.ToIOException(name, e);
        }
    }
}
