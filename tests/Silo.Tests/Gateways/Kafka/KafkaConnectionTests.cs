using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class KafkaConnectionTests
{
    [Fact]
    public async Task Replies_come_in_request_order_although_later_requests_are_done_first()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();

        await client.SendAsync("first", "second", "third");
        var (first, second, third)
            = (await gateway.Router.TakeAsync(), await gateway.Router.TakeAsync(), await gateway.Router.TakeAsync());
        third.Echo();
        second.Echo();
        first.Echo();

        Assert.Equal("first", await client.ReadAsync());
        Assert.Equal("second", await client.ReadAsync());
        Assert.Equal("third", await client.ReadAsync());
        await CloseAsync(client);
    }

    [Fact]
    public async Task A_reply_that_is_ready_is_sent_while_the_next_request_is_still_running()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();

        await client.SendAsync("ready", "running");
        (await gateway.Router.TakeAsync()).Echo();
        var running = await gateway.Router.TakeAsync();

        Assert.Equal("ready", await client.ReadAsync());
        running.Echo();
        Assert.Equal("running", await client.ReadAsync());
        await CloseAsync(client);
    }

    [Fact]
    public async Task A_request_may_arrive_in_any_pieces()
    {
        using var gateway = new GatewayHarness();
        var client = gateway.Connect();
        var bytes = GatewayClient.ToFrame("in two pieces"u8.ToArray());

        for (var split = 1; split < bytes.Length; split++)
        {
            await client.SendBytesAsync(bytes.AsMemory(0, split));
            await client.SendBytesAsync(bytes.AsMemory(split));
            Assert.Equal("in two pieces", await client.ReadAsync());
        }

        await CloseAsync(client);
    }

    [Fact]
    public async Task A_request_larger_than_allowed_closes_the_connection_before_it_is_taken_in()
    {
        using var gateway = new GatewayHarness(kafka: new KafkaGatewayOptions { MaxFrameBytes = 1_024 });
        var client = gateway.Connect();

        await client.SendAsync("good");
        await client.SendBytesAsync(new byte[] { 0, 0, 4, 1 });

        Assert.Equal("good", await client.ReadAsync());
        Assert.Null(await client.ReadBytesAsync());
        await client.Served.WaitAsync(Waits.Long);
        Assert.Equal(1, gateway.Router.StartedCount);
    }

    [Fact]
    public async Task A_broken_request_closes_the_connection_after_the_replies_before_it()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.Answer = (request, _) => request.Length == 6
            ? Task.FromException<KafkaReply>(new ProtocolException("This request is broken."))
            : Task.FromResult(Replies.Echo(request));
        var client = gateway.Connect();

        await client.SendAsync("one", "two", "broken", "late");

        Assert.Equal("one", await client.ReadAsync());
        Assert.Equal("two", await client.ReadAsync());
        Assert.Null(await client.ReadBytesAsync());
        await client.Served.WaitAsync(Waits.Long);
        Assert.Null(client.AbortReason);
    }

    [Fact]
    public async Task A_failed_request_cuts_the_connection_and_releases_the_replies_behind_it()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();

        await client.SendAsync("fails", "works", "is running");
        var failing = await gateway.Router.TakeAsync();
        (await gateway.Router.TakeAsync()).Echo();
        var running = await gateway.Router.TakeAsync();
        failing.Reply.SetException(new InvalidOperationException("The router has a bug."));
        await SignalAsync(running.Closed);
        running.Echo();

        await client.Served.WaitAsync(Waits.Long);
        Assert.NotNull(client.AbortReason);
        Assert.Null(await client.ReadBytesAsync());
    }

    [Fact]
    public async Task A_request_without_a_reply_leaves_no_gap()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.Answer = (request, _)
            => Task.FromResult(request.Length == 6 ? KafkaReply.None : Replies.Echo(request));
        var client = gateway.Connect();

        await client.SendAsync("before", "after it");

        Assert.Equal("after it", await client.ReadAsync());
        await CloseAsync(client);
    }

    [Fact]
    public async Task A_reply_much_larger_than_the_pipe_arrives_whole()
    {
        using var gateway = new GatewayHarness();
        var pieces = Enumerable.Range(0, 5).Select(i => RandomBytes(seed: i, length: 150_000 + i)).ToList();
        gateway.Router.Answer = (_, _) => Task.FromResult(Replies.InPieces(pieces));
        var client = gateway.Connect(unreadBytes: 4_096);

        await client.SendAsync("all of it");

        Assert.Equal(pieces.SelectMany(piece => piece), await client.ReadBytesAsync());
        await CloseAsync(client);
    }

    [Fact]
    public async Task No_more_requests_are_started_than_may_be_unanswered()
    {
        using var gateway = new GatewayHarness(kafka: new KafkaGatewayOptions { MaxInFlight = 3 });
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();
        await client.SendAsync([.. Enumerable.Range(0, 20).Select(i => $"request {i}")]);

        var unanswered = new Queue<StartedRequest>();
        for (var i = 0; i < 20; i++)
        {
            if (unanswered.Count == 3)
            {
                Assert.Equal(i, gateway.Router.StartedCount);
                unanswered.Dequeue().Echo();
                Assert.Equal($"request {i - 3}", await client.ReadAsync());
            }

            unanswered.Enqueue(await gateway.Router.TakeAsync());
        }

        unanswered.ToList().ForEach(request => request.Echo());
        await CloseAsync(client);
    }

    [Fact]
    public async Task A_throttled_client_is_answered_and_then_not_read_until_its_time()
    {
        using var gateway = new GatewayHarness();
        var throttle = TimeSpan.FromMinutes(5);
        gateway.Router.ThrottleUntil = gateway.Time.GetTimestamp() + throttle.Ticks;
        var client = gateway.Connect();

        await client.SendAsync("too much", "in time");
        Assert.Equal("too much", await client.ReadAsync());
        gateway.Time.Advance(throttle - TimeSpan.FromSeconds(1));
        Assert.Equal(1, gateway.Router.StartedCount);

        gateway.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("in time", await client.ReadAsync());
        await CloseAsync(client);
    }

    [Fact]
    public async Task A_client_that_sends_no_more_still_gets_its_replies()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();

        await client.SendAsync("the last");
        await client.EndAsync();
        var last = await gateway.Router.TakeAsync();
        Assert.False(last.Closed.IsCancellationRequested);
        last.Echo();

        Assert.Equal("the last", await client.ReadAsync());
        Assert.Null(await client.ReadBytesAsync());
        await client.Served.WaitAsync(Waits.Long);
    }

    [Fact]
    public async Task Requests_of_a_client_that_is_gone_are_cancelled()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();

        await client.SendAsync("nobody waits");
        var request = await gateway.Router.TakeAsync();
        await client.ResetAsync();
        await SignalAsync(request.Closed);
        request.Reply.SetCanceled(request.Closed);

        await client.Served.WaitAsync(Waits.Long);
    }

    // Replies are ready at once, are late, or are in several pieces; the client reads while it sends. The seed is part
    // of the test's name, so that a failure can be replayed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_takes_how_long_every_request_gets_its_own_reply_in_order(int seed)
    {
        using var gateway = new GatewayHarness(
            kafka: new KafkaGatewayOptions { MaxInFlight = 8, MaxInFlightBytes = 1_024 });
        var random = new Random(seed);
        gateway.Router.Answer = async (request, _) =>
        {
            int yields, cut;
            lock (random)
            {
                (yields, cut) = (random.Next(3), random.Next(request.Length));
            }

            for (var i = 0; i < yields; i++)
            {
                await Task.Yield();
            }

            return Replies.InPieces([request[..cut], request[cut..]]);
        };
        var client = gateway.Connect(unreadBytes: 512);
        var requests = Enumerable.Range(0, 500).Select(i => $"{i}:{new string('x', i % 97)}").ToList();

        var sending = client.SendAsync([.. requests]);
        foreach (var request in requests)
        {
            Assert.Equal(request, await client.ReadAsync());
        }

        await sending;
        await CloseAsync(client);
    }

    private static async Task CloseAsync(GatewayClient client)
    {
        await client.EndAsync();
        await client.Served.WaitAsync(Waits.Long);
        Assert.Null(client.AbortReason);
    }

    private static async Task SignalAsync(CancellationToken token)
    {
        var signal = new TaskCompletionSource();
        await using var registration = token.Register(signal.SetResult);
        await signal.Task.WaitAsync(Waits.Long, CancellationToken.None);
    }

    private static byte[] RandomBytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
