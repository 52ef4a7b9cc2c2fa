using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansStream.Load.Reporting;

/// <summary>Writes all figures of a run where a program can read them.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Write(string path, Machine machine, IReadOnlyList<Figure> figures)
        => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(new { machine, figures }, s_options));
}
