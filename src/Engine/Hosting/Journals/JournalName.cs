namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>Names a journal: the number of the opening that made it, and an id found in each of its blocks.</summary>
/// <remarks>
/// Journals sort by name in the order they were written. Written as <c>opening-id</c>, a file of it as
/// <c>opening-id-number</c>, the numbers zero-padded.
/// </remarks>
internal readonly record struct JournalName(long Opening, Guid Id)
{
    private static readonly string FirstFile = $"-{0:d10}";

    public override string ToString() => $"{Opening:d10}-{Id:N}";

    /// <summary>What a file of this journal is called.</summary>
    public string File(long number) => $"{this}-{number:d10}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static JournalName Parse(string text)
        => TryParseFile(text + FirstFile, out var name, out _)
            ? name
            : throw new InvalidDataException($"'{text}' does not name a journal.");

    /// <summary>Reads what <see cref="File"/> wrote; false for any other text.</summary>
    public static bool TryParseFile(string text, out JournalName name, out long number)
    {
        name = default;
        number = 0;
        var parts = text.Split('-');
        if (parts.Length != 3
            || !long.TryParse(parts[0], out var opening)
            || !Guid.TryParseExact(parts[1], "N", out var id)
            || !long.TryParse(parts[2], out number))
        {
            return false;
        }

        name = new JournalName(opening, id);
        return name.File(number) == text;
    }
}
