using System.Security.Cryptography;
using System.Text.Json;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Quotas;

/// <summary>What one entity may use, as the table holds it.</summary>
public sealed record QuotaRow(string? User, string? ClientId, Dictionary<string, double> Values);

/// <summary>The rows of quotas, one for each entity.</summary>
/// <remarks>Names may be longer than a key and hold anything, so the row key is the hash of them.</remarks>
internal static class QuotaRows
{
    public const string Table = "quotas";
    public const string PartitionKey = "quotas";

    /// <summary>Writes what an entity has, or deletes its row when that is nothing.</summary>
    public static TableOperation Write(ClientQuota quota)
        => quota.Values.Count == 0
            ? new(TableOperationKind.Delete, Key(quota.Entity))
            : new(
                TableOperationKind.Upsert,
                Key(quota.Entity),
                Encode(new(quota.Entity.User, quota.Entity.ClientId, new(quota.Values))));

    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static QuotaSet Decode(IReadOnlyList<TableRow> rows)
        => QuotaSet.Of(
            from row in rows
            let quota = RowJson.Decode(row, RowJson.Default.QuotaRow)
            select new ClientQuota(new QuotaEntity(quota.User, quota.ClientId), quota.Values));

    private static string Key(QuotaEntity entity)
        => Convert.ToHexString(SHA256.HashData(Encode(new(entity.User, entity.ClientId, []))));

    private static byte[] Encode(QuotaRow row) => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.QuotaRow);
}
