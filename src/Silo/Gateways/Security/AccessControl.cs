using System.Net;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Applies the cluster's rules to those who call, when that is switched on.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class AccessControl(ICluster cluster, IOptions<SecurityOptions> options)
{
    private readonly SecurityOptions _options = options.Value;
    private readonly HashSet<string> _superUsers = [.. options.Value.SuperUsers
        .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private volatile Authorizer? _authorizer;

    public bool IsOn => _options.Authorize;

    /// <summary>What a caller may do now. Never waits where the rules are kept in this process.</summary>
    public ValueTask<Caller> IdentifyAsync(string principal, EndPoint? remote, CancellationToken cancellationToken)
    {
        if (!IsOn)
        {
            return new(new Caller(null, principal, ""));
        }

        var getting = cluster.Security.GetAsync(cancellationToken);
        return getting.IsCompletedSuccessfully
            ? new(Identify(getting.Result, principal, remote))
            : AwaitAsync(getting, principal, remote);
    }

    private async ValueTask<Caller> AwaitAsync(
        ValueTask<SecuritySnapshot> getting, string principal, EndPoint? remote)
        => Identify(await getting, principal, remote);

    private Caller Identify(SecuritySnapshot snapshot, string principal, EndPoint? remote)
    {
        var authorizer = _authorizer;
        if (authorizer is null || authorizer.Rules != snapshot.Acls)
        {
            _authorizer = authorizer = new Authorizer(
                snapshot.Acls, _superUsers, _options.AllowEveryoneIfNoAclFound);
        }

        return new Caller(authorizer, principal, HostOf(remote));
    }

    private static string HostOf(EndPoint? remote) => remote is not IPEndPoint { Address: var address } ? ""
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address.ToString();
}

/// <summary>Somebody who asks, and the rules they ask under.</summary>
/// <param name="Rules">Null when everybody may do everything.</param>
/// <param name="Host">The address they ask from.</param>
internal readonly record struct Caller(Authorizer? Rules, string Principal, string Host)
{
    public bool May(AclOperation operation, AclResourceType type, string name)
        => Rules?.Allows(Principal, Host, operation, type, name) ?? true;

    /// <summary>Whether they may do it to any resource of that type.</summary>
    public bool MaySomewhere(AclOperation operation, AclResourceType type)
        => Rules?.AllowsSomewhere(Principal, Host, operation, type) ?? true;
}
