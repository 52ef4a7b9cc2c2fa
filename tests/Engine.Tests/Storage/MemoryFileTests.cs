using System.Runtime.InteropServices;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class MemoryFileTests
{
    // Much is larger than what such a file keeps in one piece.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_file_holds_what_was_appended_in_whatever_pieces_it_came_and_is_read(int seed)
    {
        var random = new Random(seed);
        var store = new MemoryJournalStore();
        await using var writer = await store.CreateAsync("journal", CancellationToken.None);
        var expected = new List<byte>();
        while (expected.Count < 3_000_000)
        {
            var piece = new byte[random.Next(2) == 0 ? random.Next(1, 1_000) : random.Next(1, 1_200_000)];
            random.NextBytes(piece);
            await writer.AppendAsync(expected.Count, piece, CancellationToken.None);
            expected.AddRange(piece);
            Assert.Equal(expected.Count, writer.LengthBytes);
        }

        await using var reader = await store.OpenAsync("journal", CancellationToken.None);
        Assert.Equal(expected.Count, reader.LengthBytes);
        for (var i = 0; i < 50; i++)
        {
            var position = random.Next(expected.Count + 10);
            var buffer = new byte[random.Next(1, 1_500_000)];
            var count = await reader.ReadAsync(position, buffer, CancellationToken.None);
            Assert.Equal(Math.Clamp(expected.Count - position, 0, buffer.Length), count);
            Assert.True(buffer.AsSpan(0, count).SequenceEqual(
                CollectionsMarshal.AsSpan(expected).Slice(
                    Math.Min(position, expected.Count), count)));
        }
    }

    [Fact]
    public async Task A_reader_does_not_see_what_is_appended_later()
    {
        var store = new MemoryJournalStore();
        await using var writer = await store.CreateAsync("journal", CancellationToken.None);
        await writer.AppendAsync(0, new byte[] { 1, 2 }, CancellationToken.None);
        await using var reader = await store.OpenAsync("journal", CancellationToken.None);
        await writer.AppendAsync(2, new byte[] { 3 }, CancellationToken.None);

        var buffer = new byte[3];
        Assert.Equal(2, await reader.ReadAsync(0, buffer, CancellationToken.None));
        Assert.Equal([1, 2, 0], buffer);
    }
}
