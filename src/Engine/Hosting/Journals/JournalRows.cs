using System.Text.Json;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>Who may write a journal on a shared storage; the journal's name is the row key.</summary>
/// <param name="LastFile">The newest file that may hold anything. Raised before that file is first written.</param>
/// <param name="IsFenced">Whether it has been taken from its owner, who can name no further file from then on.</param>
public sealed record JournalRow(long LastFile, bool IsFenced);

/// <summary>
/// The rows of the journals: one that has none is not written, and holds nothing that is needed.
/// </summary>
internal static class JournalRows
{
    public const string Table = "journals";
    public const string PartitionKey = "journals";

    public static ReadOnlyMemory<byte> Encode(JournalRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.JournalRow);

    /// <exception cref="InvalidDataException">The row is damaged; the message names it.</exception>
    public static JournalRow Decode(TableRow row) => RowJson.Decode(row, RowJson.Default.JournalRow);

    public static async ValueTask<bool> ExistsAsync(
        ITableStore tables, string journal, CancellationToken cancellationToken)
        => await tables.GetAsync(Table, PartitionKey, journal, cancellationToken).ConfigureAwait(false) is not null;
}
