using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace OrleansStream.Cli.Terminals;

/// <summary>Prints what a verb found: one JSON document, or a table and sentences for people.</summary>
internal sealed class Results(Terminal terminal, bool isJson)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public bool IsJson => isJson;

    /// <param name="document">What programs get.</param>
    /// <param name="print">What people get.</param>
    public void Show<T>(T document, Action print)
    {
        if (isJson)
        {
            terminal.Text.WriteLine(JsonSerializer.Serialize(document, s_json));
        }
        else
        {
            print();
        }
    }

    /// <summary>Something was done.</summary>
    public void Done<T>(T document, string sentence) => Show(document, () => terminal.Text.WriteLine(sentence));

    public void Line(string text) => terminal.Text.WriteLine(text);

    /// <param name="columns">A title that ends in <c>#</c> heads numbers, which stand to the right.</param>
    public void Table(IEnumerable<string> columns, IEnumerable<object?[]> rows)
    {
        var table = new Table { Border = terminal.IsScreen ? TableBorder.Rounded : TableBorder.None };
        foreach (var title in columns)
        {
            var column = new TableColumn(Markup.Escape(title.TrimEnd('#'))) { NoWrap = true };
            table.AddColumn(title.EndsWith('#') ? column.RightAligned() : column);
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => Markup.Escape(Invariant($"{cell ?? "-"}")))]);
        }

        terminal.Screen.Write(table);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
