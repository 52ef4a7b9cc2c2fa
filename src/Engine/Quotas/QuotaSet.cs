using System.Collections.Immutable;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Quotas;

/// <summary>All quotas at one moment, by entity; immutable.</summary>
/// <remarks><see cref="DecideAlter"/> checks a change and says what the quotas would be; it changes nothing.</remarks>
public sealed record QuotaSet
{
    /// <summary>Some megabytes; every gateway keeps them all.</summary>
    public const int MaxEntities = 10_000;

    /// <summary>With these lengths a row is far from too large.</summary>
    public const int MaxNameLength = 1_024;

    private readonly ImmutableDictionary<QuotaEntity, ClientQuota> _byEntity;

    private QuotaSet(ImmutableDictionary<QuotaEntity, ClientQuota> byEntity)
    {
        _byEntity = byEntity;
        All = byEntity.Values.ToArray(); // An array, which every serializer knows.
    }

    public IReadOnlyList<ClientQuota> All { get; }

    public static QuotaSet Of(IEnumerable<ClientQuota> quotas)
        => new(quotas.ToImmutableDictionary(quota => quota.Entity));

    /// <summary>Puts the quotas of an entity in the place of those it had; none at all remove it.</summary>
    public QuotaSet With(ClientQuota quota)
        => new(quota.Values.Count == 0 ? _byEntity.Remove(quota.Entity) : _byEntity.SetItem(quota.Entity, quota));

    /// <summary>False for an entity that has no quotas and shall have none.</summary>
    public bool IsChangedBy(ClientQuota quota) => quota.Values.Count > 0 || _byEntity.ContainsKey(quota.Entity);

    /// <summary>Checks changes to one entity.</summary>
    /// <returns>What the entity would have; null when the changes are refused.</returns>
    public (QuotaReply Reply, ClientQuota? Quota) DecideAlter(QuotaEntity entity, IReadOnlyList<QuotaChange> changes)
    {
        if (FindFault(entity) is { } fault)
        {
            return Refuse(StreamError.InvalidRequest, fault);
        }

        var before = _byEntity.GetValueOrDefault(entity);
        var values = new Dictionary<string, double>(before?.Values ?? new Dictionary<string, double>());
        foreach (var (name, value) in changes)
        {
            if (name is not (QuotaNames.ProduceByteRate or QuotaNames.FetchByteRate))
            {
                return Refuse(StreamError.InvalidRequest, $"There is no quota '{name}'.");
            }

            if (value is null)
            {
                values.Remove(name);
            }
            else if (double.IsFinite(value.Value) && value > 0)
            {
                values[name] = value.Value;
            }
            else
            {
                return Refuse(StreamError.InvalidRequest, $"{name} is {value} but must be more than 0.");
            }
        }

        return before is null && values.Count > 0 && _byEntity.Count >= MaxEntities
            ? Refuse(StreamError.LimitExceeded, $"There are {MaxEntities} entities with quotas already.")
            : (new QuotaReply(StreamError.None, null), new ClientQuota(entity, values));
    }

    private static string? FindFault(QuotaEntity entity) => entity switch
    {
        { User: null, ClientId: null } => "A quota is for a user, a client id, or both.",
        { User.Length: > MaxNameLength } or { ClientId.Length: > MaxNameLength }
            => $"A name is longer than {MaxNameLength} characters.",
        _ => null,
    };

    private static (QuotaReply Reply, ClientQuota? Quota) Refuse(StreamError error, string message)
        => (new QuotaReply(error, message), null);
}
