using System.CommandLine;
using OrleansStream.Client;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansStream.Cli.Benchmarks;

/// <summary><c>ostream bench</c>: how fast a cluster takes and gives records, and how long each takes.</summary>
internal sealed class Bench : Verb
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);

    private readonly Option<double> _seconds = new("--seconds", "-s")
    {
        Description = "How long to send.",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<int> _size = new("--size")
    {
        Description = "Bytes per record.",
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<double?> _rate = new("--rate")
    {
        Description = "Records per second; as fast as possible by default, where latency is mostly queueing.",
    };

    private readonly Option<int> _partitions = new("--partitions", "-p")
    {
        Description = "Of the topic, which is made for the run and deleted after it.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<CompressionCodec> _compression = new("--compression", "-z")
    {
        Description = "None, gzip, snappy or lz4.",
        DefaultValueFactory = _ => CompressionCodec.None,
    };

    private readonly Option<Acks> _acks = new("--acks")
    {
        Description = "What must have happened before a record counts as stored.",
        DefaultValueFactory = _ => Acks.All,
    };

    public Bench()
        : base("bench", "Measure how fast a cluster is.")
    {
        foreach (var option in new Option[]
        {
            _seconds.Limited(0.1, 86_400),
            _size.Limited(0, 1_000_000),
            _rate.Limited(0.001, 1e9),
            _partitions.Limited(1, 10_000),
            _compression.Writable(),
            _acks.Among(Acks.All, Acks.Leader),
        })
        {
            Options.Add(option);
        }
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var topic = $"ostream-bench-{Guid.NewGuid():N}";
        await using var admin = session.Client.CreateAdmin();
        await admin.CreateTopicAsync(topic, session.Parsed.GetValue(_partitions), cancellationToken: cancellationToken);
        try
        {
            var (load, rates) = await SendAsync(session, topic, cancellationToken);
            var reading = cancellationToken.IsCancellationRequested
                ? null
                : await Reading.RunAsync(session, topic, cancellationToken);
            Show(session, load, rates, reading);
            return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        }
        finally
        {
            await admin.DeleteTopicAsync(topic, CancellationToken.None);
        }
    }

    private async Task<(Load, List<double>)> SendAsync(
        Session session, string topic, CancellationToken cancellationToken)
    {
        var (parsed, time) = (session.Parsed, session.Terminal.Time);
        var acks = parsed.GetValue(_acks);
        await using var producer = session.Client.CreateProducer(new ProducerOptions
        {
            Compression = parsed.GetValue(_compression),
            Acks = acks,
            Idempotent = acks == Acks.All,
        });
        var load = new Load(producer, topic, parsed.GetValue(_size), parsed.GetValue(_rate), time);
        var running = load.RunAsync(TimeSpan.FromSeconds(parsed.GetValue(_seconds)), cancellationToken);
        var rates = new List<double>();
        if (session.Terminal.IsWatched)
        {
            await session.Terminal.Progress.Live(new Text("")).AutoClear(true).StartAsync(
                context => WatchAsync(load, running, rates, time, plot => context.UpdateTarget(plot)));
        }
        else
        {
            await WatchAsync(load, running, rates, time, _ => { });
        }

        await running;
        return (load, rates);
    }

    private static async Task WatchAsync(
        Load load, Task running, List<double> rates, TimeProvider time, Action<IRenderable> show)
    {
        using var timer = new PeriodicTimer(s_tick, time);
        var (lastCount, lastElapsed) = (0L, TimeSpan.Zero);
        while (!running.IsCompleted && await timer.WaitForNextTickAsync())
        {
            var (count, elapsed) = (load.Latency.Count, load.Elapsed);
            rates.Add((count - lastCount) / (elapsed - lastElapsed).TotalSeconds);
            (lastCount, lastElapsed) = (count, elapsed);
            show(BenchPlot.Create(load.Latency, rates));
        }
    }

    private void Show(Session session, Load load, List<double> rates, Reading? reading)
    {
        var latency = load.Latency;
        var perSecond = latency.Count / load.Elapsed.TotalSeconds;
        var size = session.Parsed.GetValue(_size);
        session.Results.Show(
            new
            {
                Produce = new
                {
                    Records = latency.Count,
                    RecordBytes = size,
                    RecordsPerSecond = Math.Round(perSecond),
                    MegabytesPerSecond = Math.Round(perSecond * size / 1e6, 1),
                    LatencyMs = new
                    {
                        P50 = Math.Round(latency.Percentile(0.5), 3),
                        P99 = Math.Round(latency.Percentile(0.99), 3),
                        P999 = Math.Round(latency.Percentile(0.999), 3),
                        Max = Math.Round(latency.MaxMs, 3),
                    },
                },
                Consume = reading is null ? null : new
                {
                    Records = reading.Count,
                    RecordsPerSecond = Math.Round(reading.PerSecond),
                    MegabytesPerSecond = Math.Round(reading.PerSecond * size / 1e6, 1),
                },
            },
            () =>
            {
                session.Terminal.Screen.Write(BenchPlot.Create(latency, rates));
                session.Results.Table(
                    ["", "records#", "records/s#", "MB/s#", "p50 ms#", "p99 ms#", "p99.9 ms#", "max ms#"],
                    Rows(latency, perSecond, size, reading));
            });
    }

    private static IEnumerable<object?[]> Rows(
        LatencyHistogram latency, double perSecond, int size, Reading? reading)
    {
        yield return
        [
            "produce", latency.Count, $"{perSecond:#,0}", $"{perSecond * size / 1e6:0.0}",
            $"{latency.Percentile(0.5):0.00}", $"{latency.Percentile(0.99):0.00}",
            $"{latency.Percentile(0.999):0.00}", $"{latency.MaxMs:0.00}",
        ];
        if (reading is not null)
        {
            yield return
            [
                "consume", reading.Count, $"{reading.PerSecond:#,0}", $"{reading.PerSecond * size / 1e6:0.0}",
                null, null, null, null,
            ];
        }
    }
}
