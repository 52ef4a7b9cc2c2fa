using System.Diagnostics;
using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>Users and rules as their callers hold them: asked for once in a while, not for every request.</summary>
/// <remarks>
/// A change made elsewhere is seen after <see cref="MaxAge"/> at the latest, one made through this object at once. When
/// the grain cannot be asked, callers fail rather than go by what is too old. Thread-safe.
/// </remarks>
internal sealed class OrleansSecurity(ISecurityGrain grain) : ISecurityStore
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private volatile Copy? _copy;

    public ValueTask<SecuritySnapshot> GetAsync(CancellationToken cancellationToken)
        => _copy is { } copy && Stopwatch.GetElapsedTime(copy.AskedAt) < MaxAge
            ? new(copy.Snapshot)
            : FetchAsync(cancellationToken);

    public ValueTask<StreamError> AlterCredentialsAsync(
        string user, IReadOnlyList<CredentialChange> changes, CancellationToken cancellationToken)
        => ChangeAsync(grain.AlterCredentialsAsync(user, changes, cancellationToken), error => error);

    public ValueTask<StreamError> CreateAclsAsync(
        IReadOnlyList<AclBinding> acls, CancellationToken cancellationToken)
        => ChangeAsync(grain.CreateAclsAsync(acls, cancellationToken), error => error);

    public ValueTask<AclDeletion> DeleteAclsAsync(AclFilter filter, CancellationToken cancellationToken)
        => ChangeAsync(grain.DeleteAclsAsync(filter, cancellationToken), error => new AclDeletion(error, []));

    private async ValueTask<SecuritySnapshot> FetchAsync(CancellationToken cancellationToken)
    {
        // Its age counts from the question: what changes before the answer arrives may not be in it.
        var askedAt = Stopwatch.GetTimestamp();
        var snapshot = await grain.GetAsync(cancellationToken).ConfigureAwait(false);
        _copy = new Copy(snapshot, askedAt);
        return snapshot;
    }

    private async ValueTask<TReply> ChangeAsync<TReply>(ValueTask<TReply> change, Func<StreamError, TReply> refuse)
    {
        try
        {
            return await change.ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or SiloUnavailableException)
        {
            return refuse(StreamError.TimedOut);
        }
        catch (OrleansMessageRejectionException)
        {
            return refuse(StreamError.NotHosted);
        }
        finally
        {
            _copy = null;
        }
    }

    private sealed record Copy(SecuritySnapshot Snapshot, long AskedAt);
}
