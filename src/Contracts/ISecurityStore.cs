namespace OrleansStream.Contracts;

/// <summary>All users and rules at one moment. Immutable: a change makes another one.</summary>
/// <param name="SaltKey">
/// A secret of the cluster, from which salts are made that must be the same each time, as those of users that do not
/// exist.
/// </param>
[GenerateSerializer, Immutable, Alias("OrleansStream.SecuritySnapshot")]
public sealed record SecuritySnapshot(
    [property: Id(0)] byte[] SaltKey,
    [property: Id(1)] IReadOnlyList<ScramCredential> Credentials,
    [property: Id(2)] IReadOnlyList<AclBinding> Acls);

/// <summary>The rules that were deleted, or why none was.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.AclDeletion")]
public sealed record AclDeletion(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] IReadOnlyList<AclBinding> Deleted);

/// <summary>
/// The users of a cluster and what they may do. It keeps them; whoever admits clients applies them.
/// </summary>
/// <remarks>Changes are durable before they are answered.</remarks>
public interface ISecurityStore
{
    /// <summary>
    /// What is in force. In the process that keeps it this never waits; elsewhere it may be as old as the port says.
    /// </summary>
    ValueTask<SecuritySnapshot> GetAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes all changes of a user's credentials or none. To delete what is not there is
    /// <see cref="StreamError.UnknownUser"/>.
    /// </summary>
    ValueTask<StreamError> AlterCredentialsAsync(
        string user, IReadOnlyList<CredentialChange> changes, CancellationToken cancellationToken);

    /// <summary>Adds rules; those that are there already stay. After a failure some may have been added.</summary>
    ValueTask<StreamError> CreateAclsAsync(IReadOnlyList<AclBinding> acls, CancellationToken cancellationToken);

    /// <summary>Deletes every rule that the filter matches. After a failure some may have been deleted.</summary>
    ValueTask<AclDeletion> DeleteAclsAsync(AclFilter filter, CancellationToken cancellationToken);
}
