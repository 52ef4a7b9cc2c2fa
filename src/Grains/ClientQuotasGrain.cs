using Orleans.Concurrency;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>The quotas: one place in the cluster where they are asked for and changed.</summary>
/// <remarks>Reentrant, so that readers do not wait for a change to become durable. The engine orders changes.</remarks>
[Reentrant]
[GrainType("quotas")]
internal sealed class ClientQuotasGrain(StoreSupervisor supervisor) : Grain, IClientQuotasGrain
{
    public ValueTask<IReadOnlyList<ClientQuota>> ListAsync(CancellationToken cancellationToken)
        => supervisor.Quotas.ListAsync(cancellationToken);

    public ValueTask<QuotaReply> AlterAsync(
        QuotaEntity entity, IReadOnlyList<QuotaChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => supervisor.Quotas.AlterAsync(entity, changes, validateOnly, cancellationToken);
}
