namespace OrleansStream.Protocols.Batches;

/// <summary>A header to be written with a record.</summary>
/// <param name="Key">UTF-8.</param>
/// <param name="Value">Null and empty are different things to a consumer.</param>
public readonly record struct RecordHeader(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);
