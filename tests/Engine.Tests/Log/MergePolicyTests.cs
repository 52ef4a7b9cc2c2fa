using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Tests.Log;

public sealed class MergePolicyTests
{
    private const int SegmentBytes = 1_000_000;

    [Fact]
    public void Too_few_segments_are_left_alone()
        => Assert.Empty(MergePolicy.Choose(Segments(1, 1, 1, 1, 1, 1, 1), SegmentBytes));

    [Fact]
    public void Segments_of_one_size_are_merged_from_the_newest_back()
    {
        var segments = Segments(5, 5, 5, 5, 5, 5, 5, 5, 5, 5);

        Assert.Equal(segments.Skip(2), MergePolicy.Choose(segments, SegmentBytes));
    }

    [Fact]
    public void A_large_segment_is_not_rewritten_for_a_few_small_ones()
        => Assert.Empty(MergePolicy.Choose(Segments(100, 1, 1, 1, 1, 1, 1, 1), SegmentBytes));

    [Fact]
    public void A_merge_never_makes_more_than_a_segment()
    {
        Assert.Empty(MergePolicy.Choose(Segments(5, 5, 5, 5, 5, 5, 5, 5), segmentBytes: 39));
        Assert.NotEmpty(MergePolicy.Choose(Segments(5, 5, 5, 5, 5, 5, 5, 5), segmentBytes: 40));
    }

    // Flushes of random sizes, merged whenever the policy says so: no record is rewritten more often than its segment
    // can double, and no crowd of small segments remains.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Few_segments_remain_and_few_bytes_are_rewritten(int seed)
    {
        var random = new Random(seed);
        var sizes = new List<long>();
        var (flushed, rewritten) = (0L, 0L);
        for (var i = 0; i < 2_000; i++)
        {
            sizes.Add(random.Next(1, 500));
            flushed += sizes[^1];
            while (MergePolicy.Choose(Segments([.. sizes]), SegmentBytes) is { Count: > 0 } chosen)
            {
                var (first, merged) = ((int)chosen[0].BaseOffset, chosen.Sum(segment => segment.Entry.BatchBytes));
                rewritten += merged;
                sizes.RemoveRange(first, chosen.Count);
                sizes.Insert(first, merged);
            }
        }

        Assert.InRange(sizes.Count, 1, 7 * (int)Math.Log2(SegmentBytes));
        Assert.InRange(rewritten, 0, flushed * (long)Math.Log2(SegmentBytes));
    }

    // The base offset of each is its number.
    private static LogSegment[] Segments(params long[] batchBytes)
        => [.. batchBytes.Select((bytes, i) => new LogSegment(new SegmentEntry(i, 0, i, i + 1, bytes, bytes, 0, 0)))];
}
