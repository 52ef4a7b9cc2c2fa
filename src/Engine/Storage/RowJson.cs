using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Quotas;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Storage;

/// <summary>How the values of table rows are written: JSON, with generated code.</summary>
[JsonSerializable(typeof(PartitionHead))]
[JsonSerializable(typeof(SegmentEntry))]
[JsonSerializable(typeof(TopicRow))]
[JsonSerializable(typeof(TombstoneRow))]
[JsonSerializable(typeof(ClusterRow))]
[JsonSerializable(typeof(ProducerIdRow))]
[JsonSerializable(typeof(MigrationRow))]
[JsonSerializable(typeof(JournalRow))]
[JsonSerializable(typeof(QuotaRow))]
[JsonSerializable(typeof(SaltKeyRow))]
[JsonSerializable(typeof(ScramCredential))]
[JsonSerializable(typeof(AclBinding))]
internal sealed partial class RowJson : JsonSerializerContext
{
    /// <exception cref="InvalidDataException">
    /// The row's value is not such a document; the message names the row.
    /// </exception>
    public static T Decode<T>(TableRow row, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(row.Value.Span, type)
                ?? throw new JsonException("The document is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"Row '{row.RowKey}' of '{row.PartitionKey}' is not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}
