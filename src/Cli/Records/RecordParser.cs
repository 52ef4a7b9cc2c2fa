using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansStream.Client;

namespace OrleansStream.Cli.Records;

/// <summary>Turns lines into records.</summary>
internal sealed class RecordParser
{
    private readonly byte[]? _separator;

    public required string Topic { get; init; }

    /// <summary>Null for records without keys.</summary>
    public string? KeySeparator
    {
        init => _separator = value is null ? null : Encoding.UTF8.GetBytes(value);
    }

    public PayloadFormat Format { get; init; }

    public PayloadFormat KeyFormat { get; init; }

    /// <summary>Given to every record, before those of its own.</summary>
    public IReadOnlyList<Header> Headers { get; init; } = [];

    public int? Partition { get; init; }

    /// <summary>Whether an empty value says that what the key stands for is deleted.</summary>
    public bool EmptyIsNull { get; init; }

    /// <summary>Whether a line is a record as <c>consume --json</c> prints it.</summary>
    public bool IsEnvelope { get; init; }

    /// <summary>The record's memory is the line's where nothing has to be decoded.</summary>
    /// <exception cref="FormatException">The line is not what it should be.</exception>
    public OutgoingRecord Parse(ReadOnlyMemory<byte> line) => IsEnvelope ? ParseEnvelope(line) : ParseLine(line);

    /// <summary>Reads NAME=VALUE.</summary>
    /// <exception cref="FormatException">It looks otherwise.</exception>
    public static Header ParseHeader(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new Header(text[..equals], Encoding.UTF8.GetBytes(text[(equals + 1)..]))
            : throw new FormatException($"'{text}' should look like NAME=VALUE");
    }

    private OutgoingRecord ParseLine(ReadOnlyMemory<byte> line)
    {
        ReadOnlyMemory<byte>? key = null;
        if (_separator is { } separator && line.Span.IndexOf(separator) is >= 0 and var end)
        {
            key = Payload.Decode(line[..end], KeyFormat);
            line = line[(end + separator.Length)..];
        }

        ReadOnlyMemory<byte>? value = EmptyIsNull && line.IsEmpty
            ? default(ReadOnlyMemory<byte>?)
            : Payload.Decode(line, Format);
        return new OutgoingRecord(Topic, key, value) { Headers = HeadersOrNull(Headers), Partition = Partition };
    }

    private OutgoingRecord ParseEnvelope(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var record = document.RootElement;
            if (record.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException("not a JSON object");
            }

            return new OutgoingRecord(
                Topic, Payload.ReadMember(record, "key", KeyFormat), Payload.ReadMember(record, "value", Format))
            {
                Headers = HeadersOrNull([.. Headers, .. ReadHeaders(record)]),
                Partition = Partition,
                Timestamp = ReadTimestamp(record),
            };
        }
        catch (JsonException e)
        {
            throw new FormatException("not JSON", e);
        }
    }

    private static IEnumerable<Header> ReadHeaders(JsonElement record)
        => record.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Array
            ? headers.EnumerateArray().Select(ReadHeader)
            : [];

    private static Header ReadHeader(JsonElement header)
        => header.ValueKind == JsonValueKind.Object
            && header.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            ? new Header(name.GetString()!, Payload.ReadMember(header, "value", PayloadFormat.Text))
            : throw new FormatException("a header is no object with a name");

    private static DateTimeOffset? ReadTimestamp(JsonElement record)
    {
        if (!record.TryGetProperty("timestamp", out var timestamp) || timestamp.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return timestamp.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(
            timestamp.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new FormatException("'timestamp' is no time such as 2026-01-31T12:00:00Z");
    }

    private static IReadOnlyList<Header>? HeadersOrNull(IReadOnlyList<Header> headers)
        => headers.Count == 0 ? null : headers;
}
