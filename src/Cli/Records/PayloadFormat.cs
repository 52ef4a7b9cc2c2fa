using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansStream.Cli.Records;

/// <summary>How keys and values stand in a line.</summary>
internal enum PayloadFormat
{
    /// <summary>As they are.</summary>
    Text,

    /// <summary>As they are, and they have to be JSON.</summary>
    Json,

    Hex,

    Base64,
}

/// <summary>Turns bytes into what stands in a line, and back.</summary>
internal static class Payload
{
    /// <summary>What a piece of a line stands for: the piece itself where it is so already.</summary>
    /// <exception cref="FormatException">It is not in that format.</exception>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> text, PayloadFormat format) => format switch
    {
        PayloadFormat.Json => CheckJson(text),
        PayloadFormat.Hex => DecodeHex(text.Span),
        PayloadFormat.Base64 => DecodeBase64(text.Span),
        _ => text,
    };

    /// <summary>Appends bytes as they stand in a line.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, PayloadFormat format, IBufferWriter<byte> output)
    {
        switch (format)
        {
            case PayloadFormat.Hex:
                Convert.TryToHexStringLower(bytes, output.GetSpan(bytes.Length * 2), out var digits);
                output.Advance(digits);
                break;
            case PayloadFormat.Base64:
                var room = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
                Base64.EncodeToUtf8(bytes, room, out _, out var count);
                output.Advance(count);
                break;
            default:
                output.Write(bytes);
                break;
        }
    }

    /// <summary>
    /// Writes a member of a JSON object. What the format cannot say, such as a text that is not UTF-8, goes into a
    /// member of the same name with <c>Base64</c> behind it, so that nothing is lost.
    /// </summary>
    public static void WriteMember(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes, PayloadFormat format)
    {
        switch (format)
        {
            case PayloadFormat.Text when Utf8.IsValid(bytes):
                json.WriteString(name, bytes);
                break;
            case PayloadFormat.Json when IsJson(bytes):
                json.WritePropertyName(name);
                json.WriteRawValue(bytes, skipInputValidation: true);
                break;
            case PayloadFormat.Hex:
                json.WriteString(name, Convert.ToHexStringLower(bytes));
                break;
            case PayloadFormat.Base64:
                json.WriteBase64String(name, bytes);
                break;
            default:
                json.WriteBase64String(name + "Base64", bytes);
                break;
        }
    }

    /// <summary>Reads what <see cref="WriteMember"/> wrote.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="FormatException">It is not in that format.</exception>
    public static ReadOnlyMemory<byte>? ReadMember(JsonElement record, string name, PayloadFormat format)
    {
        if (record.TryGetProperty(name + "Base64", out var raw) && raw.ValueKind == JsonValueKind.String
            && raw.TryGetBytesFromBase64(out var bytes))
        {
            return bytes;
        }

        if (!record.TryGetProperty(name, out var member)
            || (member.ValueKind == JsonValueKind.Null && format != PayloadFormat.Json))
        {
            return null;
        }

        if (format == PayloadFormat.Json)
        {
            return Encoding.UTF8.GetBytes(member.GetRawText());
        }

        return member.ValueKind == JsonValueKind.String
            ? Decode(Encoding.UTF8.GetBytes(member.GetString()!), format)
            : throw new FormatException($"'{name}' is no string; JSON in it takes the format json");
    }

    private static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        try
        {
            var isEmpty = true;
            while (reader.Read())
            {
                isEmpty = false;
            }

            return !isEmpty;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> CheckJson(ReadOnlyMemory<byte> text)
        => IsJson(text.Span) ? text : throw new FormatException("not JSON");

    private static byte[] DecodeHex(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0
            && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done
            ? bytes
            : throw new FormatException("not hexadecimal");
    }

    private static ReadOnlyMemory<byte> DecodeBase64(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text, bytes, out _, out var count) == OperationStatus.Done
            ? bytes.AsMemory(0, count)
            : throw new FormatException("not Base64");
    }
}
