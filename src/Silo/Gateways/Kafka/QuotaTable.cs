using System.Collections.Frozen;
using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>A rate, and who uses it up together: for a user's quota, say, all of the user's clients.</summary>
internal readonly record struct SharedRate(QuotaEntity Holder, double Rate);

/// <summary>Finds the one quota of a kind that counts for a client; immutable.</summary>
/// <remarks>
/// The most specific counts, in Kafka's order: https://kafka.apache.org/documentation/#design_quotasconfig.
/// </remarks>
internal sealed class QuotaTable
{
    private readonly FrozenDictionary<QuotaEntity, double> _rates;
    private readonly double? _default;

    /// <param name="name">The kind, by Kafka's name.</param>
    /// <param name="defaultRate">For each client id for which there is nothing else; null for no limit.</param>
    public QuotaTable(IEnumerable<ClientQuota> quotas, string name, double? defaultRate)
    {
        _rates = quotas
            .Where(quota => quota.Values.ContainsKey(name))
            .ToFrozenDictionary(quota => quota.Entity, quota => quota.Values[name]);
        _default = defaultRate;
    }

    /// <summary>Whether there is no quota for anybody.</summary>
    public bool IsEmpty => _rates.Count == 0 && _default is null;

    /// <summary>Null when the client has no limit.</summary>
    public SharedRate? Find(string user, string clientId)
    {
        const string Any = QuotaEntity.Default;
        return Share(user, clientId, Rate(user, clientId) ?? Rate(user, Any))
            ?? Share(user, null, Rate(user, null))
            ?? Share(user, clientId, Rate(Any, clientId) ?? Rate(Any, Any))
            ?? Share(user, null, Rate(Any, null))
            ?? Share(null, clientId, Rate(null, clientId) ?? Rate(null, Any) ?? _default);
    }

    private double? Rate(string? user, string? clientId)
        => _rates.TryGetValue(new QuotaEntity(user, clientId), out var rate) ? rate : null;

    private static SharedRate? Share(string? user, string? clientId, double? rate)
        => rate is { } found ? new SharedRate(new QuotaEntity(user, clientId), found) : null;
}
