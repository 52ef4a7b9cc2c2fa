using System.Text.Json;

namespace OrleansStream.Cli.Records;

/// <summary>A way into a JSON document: <c>$.place.names[0]</c>, <c>place.names[-1]</c>, <c>['odd name']</c>.</summary>
internal sealed class JsonPath
{
    private readonly List<Step> _steps = [];

    private JsonPath()
    {
    }

    /// <exception cref="FormatException">It is no path.</exception>
    public static JsonPath Parse(string text)
    {
        var path = new JsonPath();
        var position = text.StartsWith('$') ? 1 : 0;
        while (position < text.Length)
        {
            path._steps.Add(text[position] == '[' ? ReadBracket(text, ref position) : ReadName(text, ref position));
        }

        return path;
    }

    /// <summary>What lies there; null where nothing does.</summary>
    public JsonElement? Find(JsonElement root)
    {
        foreach (var (name, index) in _steps)
        {
            if (name is not null && root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var member))
            {
                root = member;
            }
            else if (name is null && root.ValueKind == JsonValueKind.Array
                && (index < 0 ? index + root.GetArrayLength() : index) is var at
                && at >= 0 && at < root.GetArrayLength())
            {
                root = root[at];
            }
            else
            {
                return null;
            }
        }

        return root;
    }

    private static Step ReadName(string text, ref int position)
    {
        var start = text[position] == '.' ? position + 1 : position;
        var end = text.IndexOfAny(['.', '['], start);
        position = end < 0 ? text.Length : end;
        return position > start ? new Step(text[start..position], 0) : throw Wrong(text);
    }

    private static Step ReadBracket(string text, ref int position)
    {
        var start = position + 1;
        var isQuoted = start < text.Length && text[start] is '\'' or '"';
        var end = isQuoted
            ? text.IndexOf($"{text[start]}]", start + 1, StringComparison.Ordinal)
            : text.IndexOf(']', start);
        if (end < 0)
        {
            throw Wrong(text);
        }

        position = end + (isQuoted ? 2 : 1);
        if (isQuoted)
        {
            return new Step(text[(start + 1)..end], 0);
        }

        return int.TryParse(text.AsSpan(start, end - start), out var index) ? new Step(null, index) : throw Wrong(text);
    }

    private static FormatException Wrong(string text) => new($"'{text}' is no path such as $.place.names[0].");

    /// <param name="Name">Null for the element at <paramref name="Index"/>, from the end where negative.</param>
    private readonly record struct Step(string? Name, int Index);
}
