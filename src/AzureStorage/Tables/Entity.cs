using System.Buffers;
using System.Text.Json;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>A row as the table service has it.</summary>
/// <param name="Batch">Names the batch that wrote it, so that a batch whose reply was lost is found again.</param>
internal sealed record Entity(TableRow Row, string Batch)
{
    private const string ValueProperty = "Value";
    private const string BatchProperty = "Batch";

    /// <summary>The row as JSON, with the keys as the service gets them.</summary>
    public static byte[] Encode(string partitionKey, string rowKey, ReadOnlySpan<byte> value, string batch)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("PartitionKey", partitionKey);
        json.WriteString("RowKey", rowKey);
        json.WriteString(BatchProperty, batch);
        json.WriteString($"{ValueProperty}@odata.type", "Edm.Binary");
        json.WriteBase64String(ValueProperty, value);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an entity of a reply with minimal metadata.</summary>
    /// <exception cref="InvalidDataException">It is not one that <see cref="Encode"/> made.</exception>
    public static Entity Decode(string partitionKey, JsonElement json)
    {
        try
        {
            var row = new TableRow(
                partitionKey,
                TableKeys.FromRowKey(json.GetProperty("RowKey").GetString()!),
                json.GetProperty(ValueProperty).GetBytesFromBase64(),
                json.GetProperty("odata.etag").GetString()!);
            return new Entity(row, json.GetProperty(BatchProperty).GetString()!);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"A row of '{partitionKey}' was not written by this program.", e);
        }
    }
}
