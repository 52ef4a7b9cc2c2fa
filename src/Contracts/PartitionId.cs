namespace OrleansStream.Contracts;

/// <summary>Names one partition for good: the topic's id, which is never reused, and the partition's number.</summary>
/// <remarks>
/// Storage paths, journal entries and grain keys are made of it; a topic's name lives only in the catalog.
/// </remarks>
[GenerateSerializer, Immutable, Alias("OrleansStream.PartitionId")]
public readonly record struct PartitionId([property: Id(0)] Guid TopicId, [property: Id(1)] int Partition)
    : IComparable<PartitionId>
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not a topic id, a dash and a number.</exception>
    public static PartitionId Parse(string text)
    {
        const int GuidLength = 32;
        return text.Length > GuidLength + 1 && text[GuidLength] == '-'
            ? new(Guid.ParseExact(text.AsSpan(0, GuidLength), "N"), int.Parse(text.AsSpan(GuidLength + 1)))
            : throw new FormatException($"'{text}' does not name a partition.");
    }

    public int CompareTo(PartitionId other)
        => TopicId == other.TopicId ? Partition.CompareTo(other.Partition) : TopicId.CompareTo(other.TopicId);

    public override string ToString() => $"{TopicId:N}-{Partition}";

    public static bool operator <(PartitionId left, PartitionId right) => left.CompareTo(right) < 0;

    public static bool operator >(PartitionId left, PartitionId right) => left.CompareTo(right) > 0;

    public static bool operator <=(PartitionId left, PartitionId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PartitionId left, PartitionId right) => left.CompareTo(right) >= 0;
}
