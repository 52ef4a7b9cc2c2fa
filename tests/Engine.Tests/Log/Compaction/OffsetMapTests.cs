using OrleansStream.Engine.Log.Compaction;

namespace OrleansStream.Engine.Tests.Log.Compaction;

public sealed class OffsetMapTests
{
    private const long Start = 1_000;

    [Fact]
    public void A_full_map_takes_no_further_key_but_a_later_offset_of_one_it_has()
    {
        using var map = new OffsetMap(Start, keys: 1_000, maxBytes: 12 * OffsetMap.EntryBytes);

        for (var key = 0; key < 9; key++)
        {
            Assert.True(map.TryPut(KeyOf(key), Start + key, out var former));
            Assert.Equal(-1, former);
        }

        Assert.False(map.TryPut(KeyOf(9), Start + 9, out _));
        Assert.True(map.TryPut(KeyOf(3), Start + 10, out var formerOffset));
        Assert.Equal((Start + 3, 9), (formerOffset, map.Count));
        Assert.True(map.IsSuperseded(KeyOf(3), Start + 9));
        Assert.False(map.IsSuperseded(KeyOf(3), Start + 10));
        Assert.False(map.IsSuperseded(KeyOf(9), 0));
    }

    // Where they are looked for says the same of all of them: the map has to go on from one to the next, and around.
    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue << 32)]
    public void Keys_that_belong_in_the_same_place_are_told_apart(ulong place)
    {
        using var map = new OffsetMap(0, keys: 20, maxBytes: long.MaxValue);
        KeyHash[] keys = [.. Enumerable.Range(0, 20).Select(i => new KeyHash((ulong)(i % 5), place | (uint)(i / 5)))];

        for (var i = 0; i < keys.Length; i++)
        {
            Assert.True(map.TryPut(keys[i], i, out var former));
            Assert.Equal(-1, former);
        }

        Assert.All(keys.Index(), key =>
        {
            map.Prefetch(key.Item);
            Assert.True(map.IsSuperseded(key.Item, key.Index - 1));
            Assert.False(map.IsSuperseded(key.Item, key.Index));
        });
    }

    [Fact]
    public void An_offset_too_far_from_the_first_has_no_room()
    {
        using var map = new OffsetMap(Start, keys: 10, maxBytes: long.MaxValue);

        Assert.True(map.TryPut(KeyOf(1), Start + uint.MaxValue - 1, out _));
        Assert.False(map.TryPut(KeyOf(1), Start + uint.MaxValue, out _));
        Assert.False(map.TryPut(KeyOf(2), long.MaxValue, out _));
        Assert.True(map.IsSuperseded(KeyOf(1), Start + uint.MaxValue - 2));
        Assert.False(map.IsSuperseded(KeyOf(1), Start + uint.MaxValue - 1));
    }

    // Whatever it knows, a dictionary knows as well. The largest one has huge pages, where there are any.
    [Theory]
    [InlineData(1, 5_000)]
    [InlineData(2, 5_000)]
    [InlineData(3, 250_000)]
    public void It_remembers_what_a_dictionary_does(int seed, int keys)
    {
        var random = new Random(seed);
        using var map = new OffsetMap(Start, keys, maxBytes: long.MaxValue);
        var model = new Dictionary<int, long>();

        for (var offset = Start; offset < Start + (4 * keys); offset += random.Next(1, 3))
        {
            var key = random.Next(keys);
            Assert.True(map.TryPut(KeyOf(key), offset, out var former));
            Assert.Equal(model.GetValueOrDefault(key, -1), former);
            model[key] = offset;
        }

        Assert.Equal(model.Count, map.Count);
        Assert.All(model, entry =>
        {
            Assert.True(map.IsSuperseded(KeyOf(entry.Key), entry.Value - 1));
            Assert.False(map.IsSuperseded(KeyOf(entry.Key), entry.Value));
        });
    }

    [Fact]
    public void Nothing_can_be_asked_when_its_memory_is_gone()
    {
        var map = new OffsetMap(Start, keys: 10, maxBytes: long.MaxValue);
        map.Dispose();
        map.Dispose();

        Assert.Throws<ObjectDisposedException>(() => map.IsSuperseded(KeyOf(1), Start));
        Assert.Throws<ObjectDisposedException>(() => map.TryPut(KeyOf(1), Start, out _));
    }

    private static KeyHash KeyOf(int key) => KeyHash.Compute(BitConverter.GetBytes(key), seed: 1);
}
