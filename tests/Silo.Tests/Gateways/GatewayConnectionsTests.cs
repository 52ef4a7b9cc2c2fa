using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class GatewayConnectionsTests
{
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
}
