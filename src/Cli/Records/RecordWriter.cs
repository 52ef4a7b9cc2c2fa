using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansStream.Client;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Cli.Records;

/// <summary>Turns records into lines, and writes many of them at once.</summary>
internal sealed class RecordWriter(Stream output) : IDisposable
{
    private const int FlushBytes = 1_024 * 1_024;
    private const byte LineFeed = (byte)'\n';

    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes);
    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private readonly byte[]? _separator;

    /// <summary>Null leaves keys out.</summary>
    public string? KeySeparator
    {
        init => _separator = value is null ? null : Encoding.UTF8.GetBytes(value);
    }

    public PayloadFormat Format { get; init; }

    public PayloadFormat KeyFormat { get; init; }

    /// <summary>Whether a line is a JSON object with everything there is to say of a record.</summary>
    public bool IsEnvelope { get; init; }

    /// <summary>Whether so much was written that it is time to flush.</summary>
    public bool IsFull => _buffer.WrittenCount >= FlushBytes;

    public void Write(TopicPartition partition, scoped in RecordSpan record)
    {
        if (IsEnvelope)
        {
            WriteEnvelope(partition, record);
        }
        else
        {
            if (_separator is { } separator)
            {
                Payload.Encode(record.Key, KeyFormat, _buffer);
                _buffer.Write(separator);
            }

            Payload.Encode(record.Value, Format, _buffer);
        }

        _buffer.Write([LineFeed]);
    }

    /// <summary>Hands on everything written.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_buffer.WrittenCount > 0)
        {
            await output.WriteAsync(_buffer.WrittenMemory, cancellationToken);
            await output.FlushAsync(cancellationToken);
            _buffer.ResetWrittenCount();
        }
    }

    public void Dispose() => _json.Dispose();

    private void WriteEnvelope(TopicPartition partition, scoped in RecordSpan record)
    {
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("topic", partition.Topic);
        _json.WriteNumber("partition", partition.Partition);
        _json.WriteNumber("offset", record.Offset);
        if (record.TimestampMs >= 0)
        {
            _json.WriteString("timestamp", DateTimeOffset.FromUnixTimeMilliseconds(record.TimestampMs)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }

        WriteMember("key", record.HasKey, record.Key, KeyFormat);
        WriteMember("value", record.HasValue, record.Value, Format);
        WriteHeaders(record.Headers);
        _json.WriteEndObject();
        _json.Flush();
    }

    // In JSON a null is a value like any other, so what is not there is left out.
    private void WriteMember(string name, bool isThere, ReadOnlySpan<byte> bytes, PayloadFormat format)
    {
        if (isThere)
        {
            Payload.WriteMember(_json, name, bytes, format);
        }
    }

    private void WriteHeaders(HeaderEnumerator headers)
    {
        var isFirst = true;
        foreach (var header in headers)
        {
            if (isFirst)
            {
                _json.WriteStartArray("headers");
                isFirst = false;
            }

            _json.WriteStartObject();
            _json.WriteString("name", header.Key);
            WriteMember("value", header.HasValue, header.Value, PayloadFormat.Text);
            _json.WriteEndObject();
        }

        if (!isFirst)
        {
            _json.WriteEndArray();
        }
    }
}
