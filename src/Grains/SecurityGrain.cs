using Orleans.Concurrency;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>Users and rules: one place in the cluster where they are asked for and changed.</summary>
/// <remarks>Reentrant, so that readers do not wait for a change to become durable. The engine orders changes.</remarks>
[Reentrant]
[GrainType("security")]
internal sealed class SecurityGrain(StoreSupervisor supervisor) : Grain, ISecurityGrain
{
    private readonly ISecurityStore _security = supervisor.Security;

    public ValueTask<SecuritySnapshot> GetAsync(CancellationToken cancellationToken)
        => _security.GetAsync(cancellationToken);

    public ValueTask<StreamError> AlterCredentialsAsync(
        string user, IReadOnlyList<CredentialChange> changes, CancellationToken cancellationToken)
        => _security.AlterCredentialsAsync(user, changes, cancellationToken);

    public ValueTask<StreamError> CreateAclsAsync(
        IReadOnlyList<AclBinding> acls, CancellationToken cancellationToken)
        => _security.CreateAclsAsync(acls, cancellationToken);

    public ValueTask<AclDeletion> DeleteAclsAsync(AclFilter filter, CancellationToken cancellationToken)
        => _security.DeleteAclsAsync(filter, cancellationToken);
}
