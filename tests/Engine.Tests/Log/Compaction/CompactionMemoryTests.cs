using OrleansStream.Engine.Log.Compaction;

namespace OrleansStream.Engine.Tests.Log.Compaction;

public sealed class CompactionMemoryTests
{
    private const long Start = 100;

    [Fact]
    public void It_remembers_of_each_record_whether_a_later_one_has_its_key()
    {
        using var memory = new CompactionMemory(Start, count: 20, maxBytes: 10_000, seed: 1);

        Assert.Null(memory.Note([.. "abacab".Select((key, index) => new DirtyKey(KeyOf(key), Start + index))]));

        Assert.True(memory.Remembers(Start, Start + 19));
        Assert.Equal(
            [true, true, true, false, false, false],
            Enumerable.Range(0, 6).Select(index => memory.IsSuperseded(Start + index)));
        Assert.True(memory.IsSuperseded(KeyOf('a'), 1));
        Assert.False(memory.IsSuperseded(KeyOf('d'), 1));
    }

    [Fact]
    public void A_record_noted_twice_does_not_supersede_itself()
    {
        using var memory = new CompactionMemory(Start, count: 20, maxBytes: 10_000, seed: 1);

        Assert.Null(memory.Note([new(KeyOf('a'), Start)]));
        Assert.Null(memory.Note([new(KeyOf('a'), Start)]));

        Assert.False(memory.IsSuperseded(Start));
    }

    [Fact]
    public void It_remembers_single_records_only_of_the_range_and_as_far_as_it_has_room()
    {
        using var memory = new CompactionMemory(Start, count: 1_000, maxBytes: 160, seed: 1);

        Assert.False(memory.Remembers(Start - 1, Start));
        Assert.True(memory.Remembers(Start, Start + 79));
        Assert.False(memory.Remembers(Start, Start + 80));
        Assert.Null(memory.Note([new(KeyOf('a'), Start + 80), new(KeyOf('a'), Start + 81)]));
        Assert.True(memory.IsSuperseded(KeyOf('a'), Start + 80));
    }

    private static KeyHash KeyOf(char key) => KeyHash.Compute([(byte)key], seed: 1);
}
