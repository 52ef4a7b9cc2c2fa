using System.Threading.Channels;
using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>A router that does what a test tells it: by default it answers each request with its own bytes.</summary>
internal sealed class ScriptedRouter : IKafkaRequestRouter
{
    private readonly Channel<StartedRequest> _started = Channel.CreateUnbounded<StartedRequest>();

    /// <summary>Answers a request; the test owns neither the memory nor the reply.</summary>
    public Func<byte[], CancellationToken, Task<KafkaReply>> Answer { get; set; }
        = (request, _) => Task.FromResult(Replies.Echo(request));

    /// <summary>Until when each request throttles its client, as a timestamp.</summary>
    public long ThrottleUntil { get; set; }

    public int StartedCount { get; private set; }

    /// <summary>Leaves requests open: the test answers each one it takes from <see cref="TakeAsync"/>.</summary>
    public void AnswerByHand() => Answer = (request, closed) =>
    {
        var started = new StartedRequest(request, closed);
        Assert.True(_started.Writer.TryWrite(started));
        return started.Reply.Task;
    };

    /// <summary>The next request that was started and not taken yet.</summary>
    public async Task<StartedRequest> TakeAsync() => await _started.Reader.ReadAsync().AsTask().WaitAsync(Waits.Long);

    public Task<KafkaReply> StartAsync(PooledBuffer frame, KafkaClient client, CancellationToken closed)
    {
        StartedCount++;
        var request = frame.Span.ToArray();
        frame.Dispose();
        client.Throttle(ThrottleUntil);
        return Answer(request, closed);
    }
}

/// <summary>A request that waits for the test to answer it.</summary>
internal sealed class StartedRequest(byte[] bytes, CancellationToken closed)
{
    public byte[] Bytes => bytes;

    public CancellationToken Closed => closed;

    public TaskCompletionSource<KafkaReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Echo() => Reply.SetResult(Replies.Echo(bytes));
}
