using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>The server's end of a connection in memory. It remembers why it was cut, if it was.</summary>
internal sealed class MemoryConnection : ConnectionContext
{
    public MemoryConnection(DuplexPipe server)
    {
        Reader = new WatchedReader(server.Input);
        Writer = new WatchedWriter(server.Output);
        Transport = new WatchedPipe(Reader, Writer);
    }

    public WatchedReader Reader { get; }

    public WatchedWriter Writer { get; }

    public string? AbortReason { get; private set; }

    public override string ConnectionId { get; set; } = "test";

    public override EndPoint? RemoteEndPoint { get; set; } = new IPEndPoint(IPAddress.Loopback, 40_000);

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override void Abort(ConnectionAbortedException abortReason) => AbortReason ??= abortReason.Message;

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync();
        await Transport.Output.CompleteAsync();
        await base.DisposeAsync();
    }

    private sealed record WatchedPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
