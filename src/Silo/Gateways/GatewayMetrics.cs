using System.Diagnostics.Metrics;

namespace OrleansStream.Silo.Gateways;

/// <summary>Counts what goes through the gateways, by protocol, under the meter <c>OrleansStream.Silo</c>.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "OrleansStream.Silo";

    private readonly UpDownCounter<int> _open;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _overdue;
    private readonly Counter<long> _unauthenticated;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly UpDownCounter<long> _memory;
    private readonly Histogram<double> _throttle;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _open = meter.CreateUpDownCounter<int>("ostream.gateway.connections", "{connection}", "Open connections.");
        _opened = meter.CreateCounter<long>(
            "ostream.gateway.connections.opened", "{connection}", "Connections served.");
        _refused = meter.CreateCounter<long>(
            "ostream.gateway.connections.refused", "{connection}", "Connections closed at once, by reason.");
        _overdue = meter.CreateCounter<long>(
            "ostream.gateway.connections.overdue", "{connection}", "Connections cut because of a missed deadline.");
        _unauthenticated = meter.CreateCounter<long>(
            "ostream.gateway.authentication.failed", "{connection}", "Connections whose client could not log in.");
        _requests = meter.CreateCounter<long>("ostream.gateway.requests", "{request}", "Requests received.");
        _received = meter.CreateCounter<long>("ostream.gateway.received", "By", "Bytes of requests received.");
        _sent = meter.CreateCounter<long>("ostream.gateway.sent", "By", "Bytes of replies sent.");
        _memory = meter.CreateUpDownCounter<long>(
            "ostream.gateway.memory", "By", "Bytes held for requests being received or answered.");
        _throttle = meter.CreateHistogram<double>(
            "ostream.gateway.throttle", "s", "How long clients beyond a quota were told to wait, by quota.");
    }

    public void ConnectionOpened(string protocol)
    {
        _open.Add(1, Tag(protocol));
        _opened.Add(1, Tag(protocol));
    }

    public void ConnectionClosed(string protocol) => _open.Add(-1, Tag(protocol));

    public void ConnectionRefused(string protocol, ConnectionRefusal reason)
        => _refused.Add(1, Tag(protocol), new("reason", reason.ToString()));

    public void ConnectionOverdue(string protocol) => _overdue.Add(1, Tag(protocol));

    public void AuthenticationFailed(string protocol) => _unauthenticated.Add(1, Tag(protocol));

    public void RequestReceived(string protocol, int bytes)
    {
        _requests.Add(1, Tag(protocol));
        _received.Add(bytes, Tag(protocol));
    }

    public void RepliesSent(string protocol, int bytes) => _sent.Add(bytes, Tag(protocol));

    public void MemoryTaken(string protocol, long bytes) => _memory.Add(bytes, Tag(protocol));

    public void MemoryReleased(string protocol, long bytes) => _memory.Add(-bytes, Tag(protocol));

    public void Throttled(string quota, TimeSpan wait)
        => _throttle.Record(wait.TotalSeconds, new KeyValuePair<string, object?>("quota", quota));

    private static KeyValuePair<string, object?> Tag(string protocol) => new("protocol", protocol);
}
