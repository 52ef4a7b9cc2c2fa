namespace OrleansStream.Protocols.Batches;

/// <summary>The first thing wrong with the bytes of a record.</summary>
/// <param name="Field">Null when nothing is wrong.</param>
/// <param name="Value">Null when no number could be read.</param>
/// <param name="Position">Where in the decompressed records the field stands.</param>
internal readonly record struct RecordFault(string? Field, long? Value, int Position)
{
    public bool IsFound => Field is not null;

    public string Describe(int recordIndex)
        => Value is { } value
            ? $"Record {recordIndex}: {Field} at byte {Position} is {value}, which does not fit."
            : $"Record {recordIndex}: {Field} at byte {Position} is cut short or malformed.";
}
