using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>Users and rules, durable: each change is checked, written, and only then seen.</summary>
/// <remarks>
/// Changes are made one after another; readers see the immutable snapshot of the last one. A fault of the table leaves
/// it unknown whether a change was made, so everything is opened anew from storage. Lists are arrays, which every
/// serializer knows.
/// </remarks>
internal sealed class SecurityStore(HostServices services, SecuritySnapshot snapshot)
    : ISecurityStore, IAsyncDisposable
{
    // A few megabytes of each: every change makes a new snapshot of all of them.
    private const int MaxCredentials = 20_000;
    private const int MaxAcls = 20_000;

    private readonly WorkQueue _changes = new();
    private volatile SecuritySnapshot _snapshot = snapshot;

    public ValueTask<SecuritySnapshot> GetAsync(CancellationToken cancellationToken) => new(_snapshot);

    public async ValueTask<StreamError> AlterCredentialsAsync(
        string user, IReadOnlyList<CredentialChange> changes, CancellationToken cancellationToken)
        => await _changes.RunAsync(() => AlterAsync(user, changes), cancellationToken).ConfigureAwait(false);

    public async ValueTask<StreamError> CreateAclsAsync(
        IReadOnlyList<AclBinding> acls, CancellationToken cancellationToken)
        => await _changes.RunAsync(() => CreateAsync(acls), cancellationToken).ConfigureAwait(false);

    public async ValueTask<AclDeletion> DeleteAclsAsync(AclFilter filter, CancellationToken cancellationToken)
        => await _changes.RunAsync(() => DeleteAsync(filter), cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    private async Task<StreamError> AlterAsync(string user, IReadOnlyList<CredentialChange> changes)
    {
        var credentials = _snapshot.Credentials.ToDictionary(one => (one.User, one.Mechanism));
        var operations = new List<TableOperation>(changes.Count);
        foreach (var (mechanism, credential) in changes)
        {
            if (credential is not null)
            {
                credentials[(user, mechanism)] = credential;
                operations.Add(SecurityRows.Upsert(credential));
            }
            else if (credentials.Remove((user, mechanism)))
            {
                operations.Add(SecurityRows.Delete(user, mechanism));
            }
            else
            {
                return StreamError.UnknownUser;
            }
        }

        if (credentials.Count > MaxCredentials)
        {
            return StreamError.LimitExceeded;
        }

        await WriteAsync(operations).ConfigureAwait(false);
        _snapshot = _snapshot with { Credentials = credentials.Values.ToArray() };
        return StreamError.None;
    }

    private async Task<StreamError> CreateAsync(IReadOnlyList<AclBinding> acls)
    {
        var added = acls.Except(_snapshot.Acls).ToList();
        if (_snapshot.Acls.Count + added.Count > MaxAcls)
        {
            return StreamError.LimitExceeded;
        }

        foreach (var some in added.Chunk(TableLimits.BatchOperations))
        {
            await WriteAsync(Array.ConvertAll(some, SecurityRows.Upsert)).ConfigureAwait(false);
            _snapshot = _snapshot with { Acls = _snapshot.Acls.Concat(some).ToArray() };
        }

        return StreamError.None;
    }

    private async Task<AclDeletion> DeleteAsync(AclFilter filter)
    {
        var deleted = _snapshot.Acls.Where(filter.Matches).ToList();
        foreach (var some in deleted.Chunk(TableLimits.BatchOperations))
        {
            await WriteAsync(Array.ConvertAll(some, SecurityRows.Delete)).ConfigureAwait(false);
            _snapshot = _snapshot with { Acls = _snapshot.Acls.Except(some).ToArray() };
        }

        return new AclDeletion(StreamError.None, deleted);
    }

    private async Task WriteAsync(IReadOnlyList<TableOperation> operations)
    {
        try
        {
            await services.Storage.Tables
                .ExecuteAsync(SecurityRows.Table, SecurityRows.PartitionKey, operations, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (IOException e)
        {
            services.Fail(e);
            throw;
        }
    }
}
