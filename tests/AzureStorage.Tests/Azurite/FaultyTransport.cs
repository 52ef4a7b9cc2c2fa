using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace OrleansStream.AzureStorage.Tests.Azurite;

/// <summary>What becomes of a request.</summary>
internal enum Fate
{
    /// <summary>It is carried out and answered, as it should.</summary>
    Done,

    /// <summary>It never arrives, and the connection breaks.</summary>
    Lost,

    /// <summary>It is carried out, and the connection breaks before the reply.</summary>
    ReplyLost,

    /// <summary>It is carried out, and answered as if the service had failed.</summary>
    DoneAndFailed,

    /// <summary>The service is too busy for it.</summary>
    Busy,

    /// <summary>It is carried out, but the reply comes too late for this try.</summary>
    ReplyLate,
}

/// <summary>Carries requests to the service, and does to some what networks and busy services do.</summary>
/// <remarks>It sits below the retries: each try is a request of its own here. Thread-safe.</remarks>
internal sealed class FaultyTransport : HttpPipelineTransport
{
    private readonly HttpClientTransport _inner = new();
    private readonly Lock _lock = new();
    private readonly Queue<(string Method, string Url, Fate Fate)> _plans = [];

    /// <summary>How many requests still have a fate to meet.</summary>
    public int PlannedCount
    {
        get
        {
            lock (_lock)
            {
                return _plans.Count;
            }
        }
    }

    /// <summary>Has the next requests of this kind end so, one after the other.</summary>
    /// <param name="url">A part of the request's address.</param>
    public void Next(string method, string url, params IEnumerable<Fate> fates)
    {
        lock (_lock)
        {
            foreach (var fate in fates)
            {
                _plans.Enqueue((method, url, fate));
            }
        }
    }

    /// <summary>Lets everything through again.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _plans.Clear();
        }
    }

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        switch (FateOf(message.Request))
        {
            case null or Fate.Done:
                await _inner.ProcessAsync(message);
                break;
            case Fate.Lost:
                throw new RequestFailedException("The connection broke.");
            case Fate.Busy:
                message.Response = new FailedResponse(503);
                break;
            case Fate.ReplyLost:
                await _inner.ProcessAsync(message);
                throw new RequestFailedException("The connection broke.");
            case Fate.DoneAndFailed:
                await _inner.ProcessAsync(message);
                message.Response = new FailedResponse(500);
                break;
            default:
                await _inner.ProcessAsync(message);
                throw new TaskCanceledException("The reply came too late.");
        }
    }

    private Fate? FateOf(Request request)
    {
        lock (_lock)
        {
            if (!_plans.TryPeek(out var plan) || request.Method.Method != plan.Method
                || !request.Uri.ToString().Contains(plan.Url, StringComparison.Ordinal))
            {
                return null;
            }

            return _plans.Dequeue().Fate;
        }
    }

    private sealed class FailedResponse(int status) : Response
    {
        public override int Status => status;

        public override string ReasonPhrase => "Failed";

        public override Stream? ContentStream { get; set; } = new MemoryStream();

        public override string ClientRequestId { get; set; } = "";

        public override void Dispose()
        {
        }

        protected override bool ContainsHeader(string name) => false;

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = null;
            return false;
        }

        protected override bool TryGetHeaderValues(
            string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = null;
            return false;
        }
    }
}
