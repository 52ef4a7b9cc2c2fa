using System.Globalization;
using OrleansStream.Client;

namespace OrleansStream.Cli.Records;

/// <summary>A place in every partition, as it is typed: a word, an offset, a time, or how long ago.</summary>
internal sealed class ReadingPoint
{
    private readonly OffsetPoint? _point;
    private readonly long _offset;

    private ReadingPoint(OffsetPoint point) => _point = point;

    private ReadingPoint(long offset) => _offset = offset;

    public static ReadingPoint Beginning { get; } = new(OffsetPoint.Earliest);

    public static ReadingPoint End { get; } = new(OffsetPoint.Latest);

    /// <summary>The ways to say it, for help.</summary>
    public static string Help
        => "beginning, end, an offset, -N for the last N, a time such as 2026-01-31T12:00Z, or 15m for 15 minutes ago";

    /// <exception cref="FormatException">It is none of them.</exception>
    public static ReadingPoint Parse(string text, TimeProvider time)
    {
        if (text is "beginning" or "end")
        {
            return text == "end" ? End : Beginning;
        }

        if (long.TryParse(text, CultureInfo.InvariantCulture, out var offset))
        {
            return new ReadingPoint(offset);
        }

        if (TryParseAge(text, out var age))
        {
            return new ReadingPoint(OffsetPoint.At(time.GetUtcNow() - age));
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? new ReadingPoint(OffsetPoint.At(moment))
            : throw new FormatException($"'{text}' is none of {Help}.");
    }

    /// <summary>Where that is in each partition, never outside of what there is.</summary>
    public async Task<IReadOnlyDictionary<TopicPartition, long>> FindAsync(
        Admin admin, IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        if (_point is { } point)
        {
            return await admin.FindOffsetsAsync(partitions, point, cancellationToken);
        }

        var starts = await admin.FindOffsetsAsync(partitions, OffsetPoint.Earliest, cancellationToken);
        var ends = await admin.FindOffsetsAsync(partitions, OffsetPoint.Latest, cancellationToken);
        return partitions.ToDictionary(
            partition => partition,
            partition => Math.Clamp(
                _offset < 0 ? ends[partition] + _offset : _offset, starts[partition], ends[partition]));
    }

    private static bool TryParseAge(string text, out TimeSpan age)
    {
        age = default;
        if (text.Length < 2 || !double.TryParse(text.AsSpan(0, text.Length - 1), out var count)
            || count is < 0 or > 1e6)
        {
            return false;
        }

        TimeSpan? unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        age = (unit ?? default) * count;
        return unit is not null;
    }
}
