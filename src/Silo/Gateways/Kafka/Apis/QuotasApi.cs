using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Shows and changes quotas of users and client ids.</summary>
internal sealed class QuotasApi(ICluster cluster, KafkaQuotas quotas, AccessControl control, AuditLog audit)
{
    private const string UserType = "user";
    private const string ClientIdType = "client-id";

    public async ValueTask<DescribeClientQuotasResponse> DescribeAsync(
        DescribeClientQuotasRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToCluster())
        {
            return new DescribeClientQuotasResponse(ErrorCode.ClusterAuthorizationFailed, null, Entries: null);
        }

        if (FindFault(request) is { } fault)
        {
            return new DescribeClientQuotasResponse(ErrorCode.InvalidRequest, fault, Entries: null);
        }

        var described =
            from quota in await cluster.Quotas.ListAsync(call.Closed)
            where Fits(request, UserType, quota.Entity.User) && Fits(request, ClientIdType, quota.Entity.ClientId)
            select new DescribedQuota(
                [.. ToParts(quota.Entity)], [.. quota.Values.Select(value => new QuotaValue(value.Key, value.Value))]);
        return new DescribeClientQuotasResponse(ErrorCode.None, null, [.. described]);
    }

    public async ValueTask<AlterClientQuotasResponse> AlterAsync(AlterClientQuotasRequest request, KafkaCall call)
    {
        var isAllowed = (await control.OfAsync(call)).ToCluster();
        var altered = new List<AlteredQuota>(request.Entries.Count);
        foreach (var entry in request.Entries)
        {
            var (error, message) = isAllowed
                ? await AlterAsync(entry, request.ValidateOnly, call.Closed)
                : (ErrorCode.ClusterAuthorizationFailed, null);
            altered.Add(new AlteredQuota(error, message, entry.Entity));
            if (!request.ValidateOnly)
            {
                audit.Record(call, "alter quota", Describe(entry.Entity), error, Describe(entry.Operations));
            }
        }

        await quotas.RefreshAsync();
        return new AlterClientQuotasResponse(altered);
    }

    private static string? FindFault(DescribeClientQuotasRequest request)
    {
        var types = request.Filters.Select(filter => filter.Type).ToArray();
        if (types.FirstOrDefault(type => type is not (UserType or ClientIdType)) is { } unknown)
        {
            return UnknownType(unknown);
        }

        if (types.Distinct().Count() < types.Length)
        {
            return "There are several filters for one type of entity.";
        }

        return request.Filters.All(filter => filter.Match == QuotaMatch.Exact
            ? !string.IsNullOrEmpty(filter.Name)
            : filter is { Match: QuotaMatch.Default or QuotaMatch.Any, Name: null })
            ? null
            : "A filter has a name exactly when it has to match one.";
    }

    // An entity that has no name of the type fits when nothing is asked of the type, or not strictly.
    private static bool Fits(DescribeClientQuotasRequest request, string type, string? name)
    {
        var filters = request.Filters.Where(filter => filter.Type == type).ToArray();
        return filters is [var filter]
            ? filter.Match switch
            {
                QuotaMatch.Exact => name == filter.Name,
                QuotaMatch.Default => name == QuotaEntity.Default,
                _ => name is not null,
            }
            : name is null || !request.Strict;
    }

    private async ValueTask<(ErrorCode Error, string? Message)> AlterAsync(
        AlterableQuota entry, bool validateOnly, CancellationToken closed)
    {
        QuotaEntity entity = default;
        foreach (var (type, name) in entry.Entity)
        {
            switch (type)
            {
                case UserType when name != "" && entity.User is null:
                    entity = entity with { User = name ?? QuotaEntity.Default };
                    break;
                case ClientIdType when name != "" && entity.ClientId is null:
                    entity = entity with { ClientId = name ?? QuotaEntity.Default };
                    break;
                case UserType or ClientIdType:
                    return (ErrorCode.InvalidRequest, $"A {type} is empty or named twice.");
                default:
                    return (ErrorCode.InvalidRequest, UnknownType(type));
            }
        }

        var changes = entry.Operations.Select(
            operation => new QuotaChange(operation.Name, operation.Remove ? null : operation.Value));
        var (error, message) = await cluster.Quotas.AlterAsync(entity, changes.ToArray(), validateOnly, closed);
        return (error.ToControllerErrorCode(), message);
    }

    private static string Describe(IReadOnlyList<QuotaEntityPart> entity)
        => string.Join(", ", entity.Select(part => $"{part.Type} {part.Name ?? QuotaEntity.Default}"));

    private static string Describe(IReadOnlyList<QuotaOperation> operations)
        => string.Join(", ", operations.Select(
            operation => operation.Remove ? $"{operation.Name} removed" : $"{operation.Name}={operation.Value}"));

    private static IEnumerable<QuotaEntityPart> ToParts(QuotaEntity entity)
    {
        if (entity.User is { } user)
        {
            yield return new QuotaEntityPart(UserType, user == QuotaEntity.Default ? null : user);
        }

        if (entity.ClientId is { } clientId)
        {
            yield return new QuotaEntityPart(ClientIdType, clientId == QuotaEntity.Default ? null : clientId);
        }
    }

    private static string UnknownType(string type) => $"Quotas are for users and client ids, not for '{type}'.";
}
