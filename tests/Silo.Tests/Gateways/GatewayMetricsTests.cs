using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansStream.Silo.Gateways;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class GatewayMetricsTests
{
    [Fact]
    public async Task What_goes_through_a_connection_is_counted()
    {
        var totals = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == GatewayMetrics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Count(instrument, value));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument, value));
        listener.Start();

        using var gateway = new GatewayHarness(new ConnectionOptions { MaxCount = 1 });
        var client = gateway.Connect();
        await gateway.Connect().Served.WaitAsync(Waits.Long);
        await client.SendAsync("ten bytes.", "five.");
        Assert.Equal("ten bytes.", await client.ReadAsync());
        Assert.Equal("five.", await client.ReadAsync());
        Assert.Equal(1, totals["ostream.gateway.connections"]);

        // What is half received counts, as the power of two that is rented for it.
        await client.SendBytesAsync(new byte[] { 0, 0, 0, 100, 1 });
        await client.ServerWaitsForMoreAsync();
        Assert.Equal(128, totals["ostream.gateway.memory"]);
        await client.EndAsync();
        await client.Served.WaitAsync(Waits.Long);

        Assert.Equal(0, totals["ostream.gateway.memory"]);
        Assert.Equal(0, totals["ostream.gateway.connections"]);
        Assert.Equal(1, totals["ostream.gateway.connections.opened"]);
        Assert.Equal(1, totals["ostream.gateway.connections.refused"]);
        Assert.Equal(2, totals["ostream.gateway.requests"]);
        Assert.Equal(15, totals["ostream.gateway.received"]);
        Assert.Equal(15 + (2 * sizeof(int)), totals["ostream.gateway.sent"]);

        void Count(Instrument instrument, long value)
            => totals.AddOrUpdate(instrument.Name, value, (_, total) => total + value);
    }
}
