using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansStream.Contracts;

namespace OrleansStream.Grains.Tests;

public sealed class CodecTests : IDisposable
{
    private const int Overhead = 256; // Generous: element by element, bytes would take several times their number.

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void A_batch_is_encoded_as_one_run_of_bytes(int length)
    {
        var batch = Bytes(length);

        var request = RoundTrip(new AppendRequest(batch, Acks.All, TimeSpan.FromSeconds(1)), length);

        Assert.Equal(batch, request.Batch.ToArray());
        Assert.Equal((Acks.All, TimeSpan.FromSeconds(1)), (request.Acks, request.Timeout));
    }

    [Fact]
    public void Fetched_pieces_are_encoded_as_one_run_of_bytes()
    {
        var (first, second) = (Bytes(300_000), Bytes(1));
        var records = new FetchedRecords([first, second], lease: null);

        var reply = RoundTrip(new FetchReply(StreamError.None, 1, 2, 3, records), 300_001);

        Assert.Equal([.. first, .. second], reply.Records.ToArray());
        Assert.Equal((1, 2, 3), (reply.LogStartOffset, reply.HighWatermark, reply.LastStableOffset));
    }

    [Fact]
    public void No_records_stay_no_records()
        => Assert.Equal(0, RoundTrip(FetchReply.Refused(StreamError.NotHosted), 0).Records.LengthBytes);

    [Fact]
    public void Two_replies_can_hold_the_same_records()
    {
        var reply = new FetchReply(StreamError.None, 0, 0, 0, new FetchedRecords([Bytes(1_000)], lease: null));

        var replies = RoundTrip(new[] { reply, reply }, 1_000);

        Assert.Same(replies[0].Records, replies[1].Records);
    }

    private T RoundTrip<T>(T value, int length)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray(value);
        Assert.InRange(bytes.Length, length, length + Overhead);
        return serializer.Deserialize<T>(bytes)!;
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
