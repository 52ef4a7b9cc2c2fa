using System.Security.Cryptography;
using System.Text.Json;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>The secret that salts are made from.</summary>
public sealed record SaltKeyRow(byte[] Key);

/// <summary>The rows of users and rules, each by itself.</summary>
/// <remarks>
/// A rule has no name and may be longer than a key: its row key is the hash of its value, so the same rule is the same
/// row. The order of an <see cref="AclBinding"/>'s members therefore cannot change.
/// </remarks>
internal static class SecurityRows
{
    public const string Table = "security";
    public const string PartitionKey = "security";

    private const string SaltKey = "salt-key";
    private const string CredentialPrefix = "credential-";
    private const string AclPrefix = "acl-";

    public static TableOperation Upsert(ScramCredential credential) => new(
        TableOperationKind.Upsert,
        CredentialKey(credential.User, credential.Mechanism),
        JsonSerializer.SerializeToUtf8Bytes(credential, RowJson.Default.ScramCredential));

    public static TableOperation Delete(string user, ScramMechanism mechanism)
        => new(TableOperationKind.Delete, CredentialKey(user, mechanism));

    public static TableOperation Upsert(AclBinding acl)
    {
        var value = Encode(acl);
        return new(TableOperationKind.Upsert, AclKey(value), value);
    }

    public static TableOperation Delete(AclBinding acl) => new(TableOperationKind.Delete, AclKey(Encode(acl)));

    /// <summary>Reads all rows; makes the secret when there is none.</summary>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<SecuritySnapshot> OpenAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        var rows = await tables.QueryAsync(Table, PartitionKey, cancellationToken).ConfigureAwait(false);
        var secret = rows.FirstOrDefault(row => row.RowKey == SaltKey) is { } row
            ? RowJson.Decode(row, RowJson.Default.SaltKeyRow)
            : await CreateSecretAsync(tables, cancellationToken).ConfigureAwait(false);
        return new SecuritySnapshot(
            secret.Key,
            Under(rows, CredentialPrefix).Select(one => RowJson.Decode(one, RowJson.Default.ScramCredential)).ToArray(),
            Under(rows, AclPrefix).Select(one => RowJson.Decode(one, RowJson.Default.AclBinding)).ToArray());
    }

    private static async Task<SaltKeyRow> CreateSecretAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        var secret = new SaltKeyRow(RandomNumberGenerator.GetBytes(SHA512.HashSizeInBytes));
        var value = JsonSerializer.SerializeToUtf8Bytes(secret, RowJson.Default.SaltKeyRow);
        await tables
            .ExecuteAsync(
                Table, PartitionKey, [new(TableOperationKind.Insert, SaltKey, value)], cancellationToken)
            .ConfigureAwait(false);
        return secret;
    }

    private static IEnumerable<TableRow> Under(IReadOnlyList<TableRow> rows, string prefix)
        => rows.Where(row => row.RowKey.StartsWith(prefix, StringComparison.Ordinal));

    private static string CredentialKey(string user, ScramMechanism mechanism)
        => $"{CredentialPrefix}{mechanism}-{user}";

    private static byte[] Encode(AclBinding acl)
        => JsonSerializer.SerializeToUtf8Bytes(acl, RowJson.Default.AclBinding);

    private static string AclKey(byte[] value) => AclPrefix + Convert.ToHexString(SHA256.HashData(value));
}
