using System.Text.Json;

namespace OrleansStream.Cli.Records;

/// <summary>
/// A condition on a JSON value: a path, and what is to be found there, such as <c>$.mag&gt;=5</c>. A path alone asks
/// for something that is neither null nor false.
/// </summary>
internal sealed class RecordFilter
{
    // The longer first, so that >= is not taken for > and =5.
    private static readonly string[] s_operators = ["==", "!=", "<=", ">=", "=", "<", ">", "~"];

    private readonly JsonPath _path;
    private readonly string _operator;
    private readonly string _operand;
    private readonly double? _number;

    private RecordFilter(JsonPath path, string comparison, string operand)
    {
        _path = path;
        _operator = comparison;
        _operand = operand;
        _number = double.TryParse(operand, out var number) ? number : null;
    }

    /// <exception cref="FormatException">It is no condition.</exception>
    public static RecordFilter Parse(string text)
    {
        var place = text.IndexOfAny(['=', '!', '<', '>', '~']);
        if (place < 0)
        {
            return new RecordFilter(JsonPath.Parse(text.Trim()), "", "");
        }

        var comparison = s_operators.FirstOrDefault(
            candidate => text.AsSpan(place).StartsWith(candidate, StringComparison.Ordinal))
            ?? throw new FormatException($"'{text}' compares by none of {string.Join(' ', s_operators)}.");
        var operand = text[(place + comparison.Length)..].Trim().Trim('"', '\'');
        return new RecordFilter(JsonPath.Parse(text[..place].Trim()), comparison, operand);
    }

    /// <summary>Whether the value is JSON and meets the condition.</summary>
    public bool Matches(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value);
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return _path.Find(document.RootElement) is { } found ? Matches(found) : _operator == "!=";
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool Matches(JsonElement found)
    {
        if (_operator.Length == 0)
        {
            return found.ValueKind is not (JsonValueKind.Null or JsonValueKind.False);
        }

        var text = found.ValueKind == JsonValueKind.String ? found.GetString()! : found.GetRawText();
        if (_operator == "~")
        {
            return text.Contains(_operand, StringComparison.Ordinal);
        }

        var order = _number is { } number && found.ValueKind == JsonValueKind.Number
            ? found.GetDouble().CompareTo(number)
            : string.CompareOrdinal(text, _operand);
        return _operator switch
        {
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            ">=" => order >= 0,
            _ => order == 0,
        };
    }
}
