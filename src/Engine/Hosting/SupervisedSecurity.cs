using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting;

/// <summary>
/// The users and rules of whichever store is open. While there is none they are shown as last known, and not changed.
/// </summary>
internal sealed class SupervisedSecurity(StoreSupervisor supervisor) : ISecurityStore
{
    /// <exception cref="IOException">Nothing was ever known: nobody is to be admitted yet.</exception>
    public ValueTask<SecuritySnapshot> GetAsync(CancellationToken cancellationToken)
        => (supervisor.Last ?? throw new IOException("The storage is not open yet."))
            .Security.GetAsync(cancellationToken);

    public ValueTask<StreamError> AlterCredentialsAsync(
        string user, IReadOnlyList<CredentialChange> changes, CancellationToken cancellationToken)
        => ChangeAsync(
            store => store.AlterCredentialsAsync(user, changes, cancellationToken), error => error);

    public ValueTask<StreamError> CreateAclsAsync(
        IReadOnlyList<AclBinding> acls, CancellationToken cancellationToken)
        => ChangeAsync(store => store.CreateAclsAsync(acls, cancellationToken), error => error);

    public ValueTask<AclDeletion> DeleteAclsAsync(AclFilter filter, CancellationToken cancellationToken)
        => ChangeAsync(store => store.DeleteAclsAsync(filter, cancellationToken), error => new AclDeletion(error, []));

    private async ValueTask<TReply> ChangeAsync<TReply>(
        Func<ISecurityStore, ValueTask<TReply>> change, Func<StreamError, TReply> refuse)
    {
        if (supervisor.Current is not { } store)
        {
            return refuse(StreamError.NotHosted);
        }

        try
        {
            return await change(store.Security).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return refuse(StreamError.StorageFailed);
        }
    }
}
