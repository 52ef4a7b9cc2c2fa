namespace OrleansStream.Contracts;

/// <summary>Whom a quota is for: a user, a client id, or a client id of a user.</summary>
/// <param name="User">Null when it is for any user; <see cref="Default"/> for each that has no quota itself.</param>
/// <param name="ClientId">The same for the names that clients give themselves.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.QuotaEntity")]
public readonly record struct QuotaEntity([property: Id(0)] string? User, [property: Id(1)] string? ClientId)
{
    /// <summary>Stands for everybody who is not named; no name is empty.</summary>
    public const string Default = "";
}

/// <summary>What an entity may use.</summary>
/// <param name="Values">By Kafka's names; see <see cref="QuotaNames"/>. Never empty.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ClientQuota")]
public sealed record ClientQuota(
    [property: Id(0)] QuotaEntity Entity, [property: Id(1)] IReadOnlyDictionary<string, double> Values);

/// <summary>The quotas there are, by Kafka's names.</summary>
public static class QuotaNames
{
    /// <summary>How many bytes a second may be produced to each node.</summary>
    public const string ProduceByteRate = "producer_byte_rate";

    /// <summary>How many bytes a second may be fetched from each node.</summary>
    public const string FetchByteRate = "consumer_byte_rate";
}

/// <summary>One change of an entity's quotas.</summary>
/// <param name="Value">Null removes it.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.QuotaChange")]
public readonly record struct QuotaChange([property: Id(0)] string Name, [property: Id(1)] double? Value);

/// <summary>Whether a change was made, or why not.</summary>
/// <param name="Message">What was wrong, for a person to read; null when nothing was.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.QuotaReply")]
public readonly record struct QuotaReply([property: Id(0)] StreamError Error, [property: Id(1)] string? Message);

/// <summary>Who may use how much. Changes are durable before they are answered; gateways enforce them.</summary>
public interface IClientQuotas
{
    /// <summary>All quotas, in no order.</summary>
    ValueTask<IReadOnlyList<ClientQuota>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Applies all changes to one entity or none.</summary>
    ValueTask<QuotaReply> AlterAsync(
        QuotaEntity entity, IReadOnlyList<QuotaChange> changes, bool validateOnly, CancellationToken cancellationToken);
}
