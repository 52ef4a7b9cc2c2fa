using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting;

/// <summary>
/// The quotas of whichever store is open. While there is none they are shown as last known, and not changed.
/// </summary>
internal sealed class SupervisedQuotas(StoreSupervisor supervisor) : IClientQuotas
{
    public ValueTask<IReadOnlyList<ClientQuota>> ListAsync(CancellationToken cancellationToken)
        => supervisor.Last?.Quotas.ListAsync(cancellationToken) ?? new((IReadOnlyList<ClientQuota>)[]);

    public async ValueTask<QuotaReply> AlterAsync(
        QuotaEntity entity, IReadOnlyList<QuotaChange> changes, bool validateOnly, CancellationToken cancellationToken)
    {
        if (supervisor.Current is not { } store)
        {
            return new(StreamError.NotHosted, "The storage is being opened anew.");
        }

        try
        {
            return await store.Quotas.AlterAsync(entity, changes, validateOnly, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new(StreamError.StorageFailed, e.Message);
        }
    }
}
