using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class GatewayConnectionsTests
{
    private const int Megabyte = 1_024 * 1_024;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_client_that_sends_no_request_is_cut_after_the_handshake_timeout()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { HandshakeTimeout = 10 * Second });
        var client = gateway.Connect();
        await client.SendBytesAsync(new byte[] { 0, 0 });
        await client.ServerWaitsForMoreAsync();

        gateway.Time.Advance(10 * Second);
        Assert.Null(client.AbortReason);
        gateway.Time.Advance(Second);
        await client.Served.WaitAsync(Waits.Long);

        Assert.Contains("no request within 00:00:10", client.AbortReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_stalls_inside_a_request_is_cut_after_the_stall_timeout()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { StallTimeout = 20 * Second });
        var client = gateway.Connect();
        await client.SendAsync("a whole one");
        Assert.Equal("a whole one", await client.ReadAsync());
        await client.SendBytesAsync(new byte[] { 0, 0, 0, 5, 1 });
        await client.ServerWaitsForMoreAsync();

        gateway.Time.Advance(20 * Second);
        Assert.Null(client.AbortReason);
        gateway.Time.Advance(Second);
        await client.Served.WaitAsync(Waits.Long);

        Assert.Contains("stalled inside a request for 00:00:20", client.AbortReason, StringComparison.Ordinal);
    }

    // A byte just before each stall timeout is no stall.
    [Fact]
    public async Task A_client_that_sends_a_request_too_slowly_is_cut_although_it_never_stalls()
    {
        using var gateway = new GatewayHarness(
            new ConnectionOptions { StallTimeout = 20 * Second, MinReceiveRate = 10 });
        var client = gateway.Connect();
        await client.SendAsync("a whole one");
        Assert.Equal("a whole one", await client.ReadAsync());
        await client.SendBytesAsync(new byte[] { 0, 0, 1, 0 });
        await client.ServerWaitsForMoreAsync();

        // 256 bytes at 10 a second, after 20 s that anyone gets.
        foreach (var _ in Enumerable.Range(0, 3))
        {
            gateway.Time.Advance(15 * Second);
            Assert.Null(client.AbortReason);
            await client.SendBytesAsync(new byte[1]);
            await client.ServerWaitsForMoreAsync();
        }

        gateway.Time.Advance(2 * Second);
        await client.Served.WaitAsync(Waits.Long);

        Assert.Contains("256 bytes more slowly than 10", client.AbortReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_request_waits_until_others_have_been_answered_and_small_ones_pass_it()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { ReceiveBytes = 4 * Megabyte });
        gateway.Router.AnswerByHand();
        var large = new string('x', 2 * Megabyte);
        var (first, second, small) = (gateway.Connect(), gateway.Connect(), gateway.Connect());
        await first.SendAsync(large);
        var held = await gateway.Router.TakeAsync();
        var sending = second.SendAsync(large);

        await small.SendAsync("small");
        (await gateway.Router.TakeAsync()).Echo();
        Assert.Equal("small", await small.ReadAsync());
        Assert.Equal(2, gateway.Router.StartedCount);

        held.Echo();
        Assert.Equal(large, await first.ReadAsync());
        (await gateway.Router.TakeAsync()).Echo();
        Assert.Equal(large, await second.ReadAsync());
        await sending.WaitAsync(Waits.Long);
        await EndAsync(first, second, small);
    }

    [Fact]
    public async Task A_client_that_announces_more_than_it_sends_gives_the_memory_back_when_it_is_cut()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { ReceiveBytes = 4 * Megabyte });
        var (hostile, waiting) = (gateway.Connect(), gateway.Connect());
        await hostile.SendBytesAsync(new byte[] { 0, 0x20, 0, 0, 1 });
        await hostile.ServerWaitsForMoreAsync();
        await waiting.SendAsync("hello");
        Assert.Equal("hello", await waiting.ReadAsync());
        var sending = waiting.SendAsync(new string('x', 2 * Megabyte));
        Assert.Equal(1, gateway.Router.StartedCount);

        gateway.Time.Advance(gateway.Limits.HandshakeTimeout + Second);
        await hostile.Served.WaitAsync(Waits.Long);

        Assert.Equal(2 * Megabyte, (await waiting.ReadAsync()).Length);
        await sending.WaitAsync(Waits.Long);
        await EndAsync(waiting);
    }

    [Fact]
    public async Task A_client_for_whose_request_there_is_no_memory_is_cut_in_the_end()
    {
        using var gateway = new GatewayHarness(
            new ConnectionOptions { ReceiveBytes = 4 * Megabyte, IdleTimeout = TimeSpan.FromDays(365) });
        gateway.Router.AnswerByHand();
        var (first, second) = (gateway.Connect(), gateway.Connect());
        await first.SendAsync(new string('x', 2 * Megabyte));
        var held = await gateway.Router.TakeAsync();
        await second.SendAsync("hello");
        (await gateway.Router.TakeAsync()).Echo();
        Assert.Equal("hello", await second.ReadAsync());
        await second.SendBytesAsync(new byte[] { 0, 0x20, 0, 0 });

        // That it waits for memory shows in nothing but this.
        while (!second.Served.IsCompleted)
        {
            gateway.Time.Advance(Second);
            await Task.Yield();
        }

        Assert.Contains("no memory for a request of 2097152 bytes", second.AbortReason, StringComparison.Ordinal);
        held.Echo();
        Assert.Equal(2 * Megabyte, (await first.ReadAsync()).Length);
        await EndAsync(first);
    }

    [Fact]
    public async Task A_silent_client_is_cut_after_the_idle_timeout()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { IdleTimeout = 60 * Second });
        var client = gateway.Connect();
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadAsync());
        await client.ServerWaitsForMoreAsync();

        gateway.Time.Advance(60 * Second);
        Assert.Null(client.AbortReason);
        gateway.Time.Advance(Second);
        await client.Served.WaitAsync(Waits.Long);

        Assert.Contains("idle for 00:01:00", client.AbortReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_not_idle_while_it_waits_for_a_reply()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { IdleTimeout = 60 * Second });
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();
        await client.SendAsync("takes an hour");
        var request = await gateway.Router.TakeAsync();

        gateway.Time.Advance(TimeSpan.FromHours(1));
        request.Echo();

        Assert.Equal("takes an hour", await client.ReadAsync());
        await client.EndAsync();
        await client.Served.WaitAsync(Waits.Long);
        Assert.Null(client.AbortReason);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_read_no_more_and_then_cut()
    {
        using var gateway = new GatewayHarness(kafka: new KafkaGatewayOptions { MaxInFlight = 4 });
        var client = gateway.Connect(unreadBytes: 1_024);
        var request = new string('x', 70_000);

        var sending = client.SendAsync([.. Enumerable.Repeat(request, 100)]);
        await client.ServerWaitsForReaderAsync();
        gateway.Time.Advance(gateway.Limits.StallTimeout + Second);
        await client.Served.WaitAsync(Waits.Long);
        await sending.WaitAsync(Waits.Long);

        // Two replies are more than is written at once, and four requests may wait behind them.
        Assert.InRange(gateway.Router.StartedCount, 1, 6);
        Assert.Contains("read nothing of its replies", client.AbortReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_connection_more_than_allowed_is_refused_until_another_is_closed()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { MaxCount = 1 });
        var first = gateway.Connect();
        var refused = gateway.Connect();

        await refused.Served.WaitAsync(Waits.Long);
        Assert.NotNull(refused.AbortReason);
        Assert.Equal(1, gateway.Connections.Count);

        await first.EndAsync();
        await first.Served.WaitAsync(Waits.Long);
        var next = gateway.Connect();
        await next.SendAsync("hello");
        Assert.Equal("hello", await next.ReadAsync());
        await next.EndAsync();
        await next.Served.WaitAsync(Waits.Long);
        Assert.Equal(0, gateway.Connections.Count);
    }

    [Fact]
    public async Task One_connection_more_than_an_address_may_have_is_refused_until_another_is_closed()
    {
        using var gateway = new GatewayHarness(new ConnectionOptions { MaxCountPerAddress = 1 });
        var first = gateway.Connect("10.0.0.1");
        var other = gateway.Connect("10.0.0.2");
        var refused = gateway.Connect("10.0.0.1");

        await refused.Served.WaitAsync(Waits.Long);
        Assert.Contains("TooManyFromAddress", refused.AbortReason, StringComparison.Ordinal);

        await EndAsync(first);
        var next = gateway.Connect("10.0.0.1");
        await next.SendAsync("hello");
        Assert.Equal("hello", await next.ReadAsync());
        await EndAsync(next, other);
    }

    [Fact]
    public async Task Draining_answers_what_is_in_flight_and_starts_nothing_more()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.AnswerByHand();
        var client = gateway.Connect();
        var silent = gateway.Connect();
        await client.SendAsync("in flight");
        var request = await gateway.Router.TakeAsync();

        var draining = gateway.Connections.DrainAsync();
        await client.SendAsync("too late");
        request.Echo();

        Assert.Equal("in flight", await client.ReadAsync());
        Assert.Null(await client.ReadBytesAsync());
        await draining.WaitAsync(Waits.Long);
        Assert.Equal(1, gateway.Router.StartedCount);
        Assert.Null(client.AbortReason);
        Assert.Null(silent.AbortReason);
    }

    [Fact]
    public async Task Draining_cuts_a_request_that_takes_too_long()
    {
        using var gateway = new GatewayHarness();
        gateway.Router.Answer = async (_, closed) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, closed);
            return KafkaReply.None;
        };
        var client = gateway.Connect();
        await client.SendAsync("takes for ever");

        var draining = gateway.Connections.DrainAsync();
        gateway.Time.Advance(gateway.Limits.DrainTimeout);

        await draining.WaitAsync(Waits.Long);
        Assert.Equal(0, gateway.Connections.Count);
    }

    [Fact]
    public async Task A_connection_that_comes_while_draining_is_refused()
    {
        using var gateway = new GatewayHarness();
        await gateway.Connections.DrainAsync();

        var client = gateway.Connect();

        await client.Served.WaitAsync(Waits.Long);
        Assert.NotNull(client.AbortReason);
    }

    private static async Task EndAsync(params GatewayClient[] clients)
    {
        foreach (var client in clients)
        {
            await client.EndAsync();
            await client.Served.WaitAsync(Waits.Long);
        }
    }
}
