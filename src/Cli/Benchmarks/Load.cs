using System.Threading.Channels;
using OrleansStream.Cli.Producing;
using OrleansStream.Client;

namespace OrleansStream.Cli.Benchmarks;

/// <summary>Sends records for a while, at a rate or as fast as possible, and times each until it is stored.</summary>
/// <remarks>
/// At a rate, a record's time begins when it is due: what waits because the cluster is slow counts against the cluster.
/// </remarks>
internal sealed class Load(Producer producer, string topic, int recordBytes, double? rate, TimeProvider time)
{
    // Bounds what is not answered yet; beyond it sending waits.
    private const int MaxUnanswered = 10_000;

    private readonly Channel<(long Start, ValueTask<DeliveryResult> Delivery)> _unanswered =
        Channel.CreateBounded<(long, ValueTask<DeliveryResult>)>(
            new BoundedChannelOptions(MaxUnanswered) { SingleReader = true, SingleWriter = true });

    private readonly long _start = time.GetTimestamp();

    public LatencyHistogram Latency { get; } = new();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <exception cref="StreamException">A record could not be stored.</exception>
    public async Task RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(stop);
        try
        {
            await SendAsync(duration, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Somebody had seen enough, or a record failed, which the receiver tells.
        }

        _unanswered.Writer.Complete();
        await receiving;
    }

    private async Task SendAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        // Other bytes in every place, so that compression has something to do, and the same in every run.
        var value = new byte[recordBytes];
        new Random(recordBytes).NextBytes(value);
        var pacer = new Pacer(rate, time);
        for (var sent = 0L; Elapsed < duration; sent++)
        {
            var delay = pacer.DelayBefore(sent);
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time, cancellationToken);
            }

            var due = rate is { } perSecond
                ? _start + (long)(sent / perSecond * time.TimestampFrequency)
                : time.GetTimestamp();
            await _unanswered.Writer.WaitToWriteAsync(cancellationToken);
            var delivery = producer.SendAsync(topic, key: null, value, cancellationToken: CancellationToken.None);
            _unanswered.Writer.TryWrite((due, delivery));
        }
    }

    private async Task ReceiveAsync(CancellationTokenSource stop)
    {
        try
        {
            await foreach (var (start, delivery) in _unanswered.Reader.ReadAllAsync(CancellationToken.None))
            {
                await delivery;
                Latency.Add(time.GetElapsedTime(start));
            }
        }
        catch (StreamException)
        {
            await stop.CancelAsync();
            throw;
        }
    }
}
