using OrleansStream.Contracts;
using OrleansStream.Engine.Quotas;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>The quotas, durable: each change is checked, written, and only then seen.</summary>
/// <remarks>
/// Changes are made one after another; readers see the immutable set of the last one. A fault of the table leaves it
/// unknown whether a change was made, so everything is opened anew from storage.
/// </remarks>
internal sealed class ClientQuotas(HostServices services, QuotaSet quotas) : IClientQuotas, IAsyncDisposable
{
    private readonly WorkQueue _changes = new();
    private volatile QuotaSet _quotas = quotas;

    public ValueTask<IReadOnlyList<ClientQuota>> ListAsync(CancellationToken cancellationToken) => new(_quotas.All);

    public async ValueTask<QuotaReply> AlterAsync(
        QuotaEntity entity, IReadOnlyList<QuotaChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => await _changes.RunAsync(
            async () =>
            {
                var (reply, quota) = _quotas.DecideAlter(entity, changes);
                if (quota is not null && !validateOnly && _quotas.IsChangedBy(quota))
                {
                    await WriteAsync(quota).ConfigureAwait(false);
                    _quotas = _quotas.With(quota);
                }

                return reply;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    private async Task WriteAsync(ClientQuota quota)
    {
        try
        {
            await services.Storage.Tables
                .ExecuteAsync(
                    QuotaRows.Table, QuotaRows.PartitionKey, [QuotaRows.Write(quota)], CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (IOException e)
        {
            services.Fail(e);
            throw;
        }
    }
}
