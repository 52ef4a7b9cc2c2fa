using System.Text.Json;

namespace OrleansStream.TestKit.Clients;

/// <summary>Real JSON records, each with a running number: what clients send in the tests with real clients.</summary>
/// <remarks>
/// From the npm package in tests/data where it is installed, else from the lines of the repository's own license.
/// Either way line n is <c>{"n":n,"data":...}</c>, so every line is different.
/// </remarks>
public static class JsonLines
{
    private static readonly string[] s_files = ["flights-20k.json", "movies.json", "earthquakes.json"];
    private static readonly Lazy<string[]> s_records = new(() => [.. Load()]);

    /// <summary>So many lines, numbered from 0.</summary>
    public static IEnumerable<string> Take(int count)
        => Enumerable.Range(0, count)
            .Select(number => $"{{\"n\":{number},\"data\":{s_records.Value[number % s_records.Value.Length]}}}");

    /// <summary>The running number of a line.</summary>
    public static int NumberOf(string line)
    {
        const int Start = 5; // After {"n":
        return int.Parse(line.AsSpan(Start, line.IndexOf(',', StringComparison.Ordinal) - Start));
    }

    private static IEnumerable<string> Load()
    {
        var package = Path.Combine(RepositoryRoot.Path, "tests/data/node_modules/vega-datasets/data");
        return Directory.Exists(package)
            ? s_files.SelectMany(name => Elements(File.ReadAllBytes(Path.Combine(package, name))))
            : File.ReadLines(Path.Combine(RepositoryRoot.Path, "LICENSE"))
                .Select(line => JsonSerializer.Serialize(line));
    }

    private static IEnumerable<string> Elements(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var array = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("features");
        foreach (var element in array.EnumerateArray())
        {
            yield return JsonSerializer.Serialize(element);
        }
    }
}
