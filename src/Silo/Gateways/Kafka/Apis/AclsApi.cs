using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>
/// Shows and changes the access rules. Where rules are not applied there are none to be had, as in Kafka.
/// </summary>
internal sealed class AclsApi(ICluster cluster, AccessControl access, AuditLog audit)
{
    public async ValueTask<DescribeAclsResponse> DescribeAsync(DescribeAclsRequest request, KafkaCall call)
    {
        var refusal = await FindRefusalAsync(call) ?? FindMistake(request.Filter);
        if (refusal is { } reason)
        {
            return new DescribeAclsResponse(reason.Error, reason.Message, []);
        }

        var snapshot = await cluster.Security.GetAsync(call.Closed);
        var resources = snapshot.Acls
            .Where(request.Filter.Matches)
            .GroupBy(acl => (acl.ResourceType, acl.ResourceName, acl.PatternType))
            .Select(group => new ResourceAcls(
                group.Key.ResourceType,
                group.Key.ResourceName,
                group.Key.PatternType,
                [.. group.Select(acl => new AclEntry(acl.Principal, acl.Host, acl.Operation, acl.Permission))]));
        return new DescribeAclsResponse(ErrorCode.None, ErrorMessage: null, [.. resources]);
    }

    public async ValueTask<CreateAclsResponse> CreateAsync(CreateAclsRequest request, KafkaCall call)
    {
        var refusal = await FindRefusalAsync(call);
        var results = request.Creations.Select(creation => refusal ?? FindMistake(creation.Acl)).ToArray();
        var right = request.Creations.Where((_, i) => results[i] is null).Select(creation => creation.Acl).ToArray();
        var error = right.Length == 0
            ? ErrorCode.None
            : (await cluster.Security.CreateAclsAsync(right, call.Closed)).ToControllerErrorCode();
        var created = new AclCreated[results.Length];
        for (var i = 0; i < created.Length; i++)
        {
            created[i] = new AclCreated(results[i]?.Error ?? error, results[i]?.Message);
            var acl = request.Creations[i].Acl;
            audit.Record(call, "create acl", acl.ResourceName, created[i].Error, Describe(acl));
        }

        return new CreateAclsResponse(created);
    }

    public async ValueTask<DeleteAclsResponse> DeleteAsync(DeleteAclsRequest request, KafkaCall call)
    {
        var refusal = await FindRefusalAsync(call);
        var results = new List<FilteredDeletion>(request.Filters.Count);
        foreach (var filter in request.Filters.Select(deletion => deletion.Filter))
        {
            results.Add((refusal ?? FindMistake(filter)) is { } reason
                ? Refuse(filter, reason, call)
                : await DeleteAsync(filter, call));
        }

        return new DeleteAclsResponse(results);
    }

    private async ValueTask<FilteredDeletion> DeleteAsync(AclFilter filter, KafkaCall call)
    {
        var deletion = await cluster.Security.DeleteAclsAsync(filter, call.Closed);
        if (deletion.Error != StreamError.None)
        {
            return Refuse(filter, new(deletion.Error.ToControllerErrorCode(), "The rules could not be deleted."), call);
        }

        foreach (var acl in deletion.Deleted)
        {
            audit.Record(call, "delete acl", acl.ResourceName, ErrorCode.None, Describe(acl));
        }

        return new FilteredDeletion(
            ErrorCode.None,
            ErrorMessage: null,
            [.. deletion.Deleted.Select(acl => new DeletedAcl(ErrorCode.None, ErrorMessage: null, acl))]);
    }

    private FilteredDeletion Refuse(AclFilter filter, Refusal reason, KafkaCall call)
    {
        audit.Record(call, "delete acl", filter.ResourceName ?? AclBinding.Wildcard, reason.Error);
        return new FilteredDeletion(reason.Error, reason.Message, []);
    }

    private async ValueTask<Refusal?> FindRefusalAsync(KafkaCall call)
        => !access.IsOn ? new Refusal(ErrorCode.SecurityDisabled, "Access rules are not switched on.")
            : !(await access.OfAsync(call)).ToCluster() ? new Refusal(ErrorCode.ClusterAuthorizationFailed, null)
            : null;

    private static Refusal? FindMistake(AclBinding acl)
    {
        var isConcrete = acl.ResourceType > AclResourceType.Any && Enum.IsDefined(acl.ResourceType)
            && acl.PatternType is AclPatternType.Literal or AclPatternType.Prefixed
            && acl.Operation > AclOperation.Any && Enum.IsDefined(acl.Operation)
            && acl.Permission is AclPermission.Allow or AclPermission.Deny;
        var message = !isConcrete ? "A rule has a resource type, a pattern, an operation and a permission of its own."
            : IsTooLong(acl.ResourceName) || IsTooLong(acl.Principal) || IsTooLong(acl.Host)
                ? $"Names have 1 to {AclBinding.MaxTextLength} characters."
            : acl.ResourceType == AclResourceType.Cluster && acl.ResourceName != AclBinding.ClusterName
                ? $"The cluster's name is '{AclBinding.ClusterName}'."
            : acl.Principal.IndexOf(':', StringComparison.Ordinal) < 1 ? "A principal looks like 'User:alice'."
            : null;
        return message is null ? null : new Refusal(ErrorCode.InvalidRequest, message);
    }

    private static Refusal? FindMistake(AclFilter filter)
        => filter.ResourceType > AclResourceType.Unknown && Enum.IsDefined(filter.ResourceType)
            && filter.PatternType > AclPatternType.Unknown && Enum.IsDefined(filter.PatternType)
            && filter.Operation > AclOperation.Unknown && Enum.IsDefined(filter.Operation)
            && filter.Permission > AclPermission.Unknown && Enum.IsDefined(filter.Permission)
            ? null
            : new Refusal(ErrorCode.InvalidRequest, "The filter has a type, operation or permission not known here.");

    private static bool IsTooLong(string text) => text.Length is 0 or > AclBinding.MaxTextLength;

    private static string Describe(AclBinding acl)
        => $"{acl.ResourceType} {acl.PatternType}: {acl.Permission} {acl.Operation} to {acl.Principal} from {acl.Host}";

    private readonly record struct Refusal(ErrorCode Error, string? Message);
}
