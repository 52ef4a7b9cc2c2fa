using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Log;

/// <summary>What storage knows of a partition besides its segments.</summary>
/// <param name="Epoch">The epoch of whoever opened it last. Each opening raises it before the first append.</param>
/// <param name="NextOffset">
/// No record before this offset may be given out again, even when all segments are gone.
/// </param>
/// <param name="Generation">The number the next segment is named with; it makes names unique.</param>
/// <param name="Journals">The journals that may hold records of it that are in no segment.</param>
/// <param name="CompactedOffset">Before it no key has two records; how far compaction has come.</param>
/// <param name="Last">
/// The last segment, so that a partition is opened without the rows of all others; null when there is none.
/// </param>
public sealed record PartitionHead(
    int Epoch,
    long LogStartOffset,
    long NextOffset,
    long Generation,
    IReadOnlyList<string> Journals,
    long CompactedOffset = 0,
    SegmentEntry? Last = null)
{
    public static PartitionHead Empty { get; } = new(-1, 0, 0, 0, []);
}

/// <summary>A segment as the manifest names it: only files that it names exist.</summary>
/// <param name="BatchBytes">The bytes of its batches, without the footer.</param>
/// <param name="MaxTimestamp">Milliseconds since 1970; -1 when no record has one.</param>
/// <param name="WrittenTimestamp">When the file was written: the age of records that have no timestamp.</param>
public sealed record SegmentEntry(
    long BaseOffset,
    int Epoch,
    long Generation,
    long NextOffset,
    long BatchBytes,
    long FileBytes,
    long MaxTimestamp,
    long WrittenTimestamp)
{
    /// <summary>What retention by age goes by.</summary>
    [JsonIgnore]
    public long AgeTimestamp => MaxTimestamp >= 0 ? MaxTimestamp : WrittenTimestamp;

    [JsonIgnore]
    public SegmentName Name => new(BaseOffset, Epoch, Generation);
}

/// <summary>The rows a partition has in the table: one head, and one for each segment.</summary>
/// <remarks>
/// Table <c>partitions</c>, partition key the partition's id, row key <c>head</c> or <c>segment-NAME</c>; the values
/// are JSON, so that a person can read them.
/// </remarks>
public static class PartitionRows
{
    public const string Table = "partitions";
    public const string HeadKey = "head";

    private const string SegmentPrefix = "segment-";

    public static string SegmentKey(SegmentName name) => SegmentPrefix + name;

    public static bool IsSegmentKey(string rowKey) => rowKey.StartsWith(SegmentPrefix, StringComparison.Ordinal);

    public static ReadOnlyMemory<byte> Encode(PartitionHead head)
        => JsonSerializer.SerializeToUtf8Bytes(head, RowJson.Default.PartitionHead);

    public static ReadOnlyMemory<byte> Encode(SegmentEntry segment)
        => JsonSerializer.SerializeToUtf8Bytes(segment, RowJson.Default.SegmentEntry);

    /// <exception cref="InvalidDataException">The row is not a head; the message names it.</exception>
    public static PartitionHead DecodeHead(TableRow row) => RowJson.Decode(row, RowJson.Default.PartitionHead);

    /// <exception cref="InvalidDataException">The row is not a segment; the message names it.</exception>
    public static SegmentEntry DecodeSegment(TableRow row) => RowJson.Decode(row, RowJson.Default.SegmentEntry);
}
