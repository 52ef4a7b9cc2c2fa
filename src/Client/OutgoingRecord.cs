namespace OrleansStream.Client;

/// <summary>A record to be sent.</summary>
/// <param name="Topic">Where to.</param>
/// <param name="Key">Null for none: the record goes to whichever partition is filled just then.</param>
/// <param name="Value">Null says that what the key stands for is deleted.</param>
/// <remarks>The memory is read until the call that takes the record completes, and no longer.</remarks>
public readonly record struct OutgoingRecord(string Topic, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)
{
    /// <summary>What goes with the record, besides key and value. Null for nothing.</summary>
    public IReadOnlyList<Header>? Headers { get; init; }

    /// <summary>Null leaves the choice to the key.</summary>
    public int? Partition { get; init; }

    /// <summary>Null for now.</summary>
    public DateTimeOffset? Timestamp { get; init; }
}

/// <summary>A name and a value that go with a record. One name may occur more than once.</summary>
public readonly record struct Header(string Name, ReadOnlyMemory<byte>? Value);
