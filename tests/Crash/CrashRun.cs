using System.Diagnostics;
using OrleansStream.Crash.Load;
using OrleansStream.Crash.Model;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash;

/// <summary>A run: start a silo on the same directory, check it, load it, kill it; again and again.</summary>
/// <remarks>
/// A killed process leaves what it had handed to the operating system, so that a missing sync does not show here; the
/// tests that inject faults look for that.
/// </remarks>
public sealed class CrashRun
{
    // About what a stop takes under load, most of it waiting for requests in flight and for segments.
    private static readonly TimeSpan s_stopTime = TimeSpan.FromMilliseconds(100);

    private readonly CrashOptions _options;
    private readonly Action<string> _print;
    private readonly string _data;
    private readonly Random _random;
    private readonly Topics _topics = new();
    private readonly SenderNumbers _numbers = new();
    private readonly List<Producer> _producers = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _startTime = TimeSpan.FromMilliseconds(500);
    private long _records;

    private CrashRun(CrashOptions options, Action<string> print)
    {
        _options = options;
        _print = print;
        _data = options.DataDirectory ?? Directory.CreateTempSubdirectory("ostream-crash-").FullName;
        _random = new Random(options.Seed);
    }

    /// <summary>Runs, printing progress and at the end one line that sums up.</summary>
    /// <returns>The exit code: 0 when the silo kept its promises, 1 at the first that it broke.</returns>
    public static async Task<int> RunAsync(CrashOptions options, Action<string> print)
    {
        var run = new CrashRun(options, print);
        print($"Seed {options.Seed}, data in {run._data}");
        try
        {
            await run.RunAsync();
        }
        catch (ViolationException e)
        {
            print($"VIOLATION: {e.Message}");
            print($"The data is kept in {run._data}; --kills {options.Kills} --seed {options.Seed} repeats the run.");
            return 1;
        }

        Directory.Delete(run._data, recursive: true);
        print(
            $"{options.Kills} kills in {run._clock.Elapsed.TotalSeconds:F0} s, {run._records} records acknowledged, "
            + "nothing lost, nothing doubled.");
        return 0;
    }

    private async Task RunAsync()
    {
        await PrepareAsync();
        for (var kill = 1; kill <= _options.Kills; kill++)
        {
            var plan = KillPlan.Choose(_random);
            await (plan.Moment == KillMoment.Starting ? KillStartingAsync(plan) : KillServingAsync(plan));
            _print($"{kill}/{_options.Kills} killed {plan}, {_records} records acknowledged");
        }

        await StopAndVerifyAsync();
    }

    // Topics and producers are there from the first kill on.
    private async Task PrepareAsync()
    {
        await using var silo = await StartAsync();
        await new TopicChanges(_topics, _numbers, _random).CreateMissingAsync(silo.KafkaAddress);
        foreach (var partition in _topics.Orders.Partitions.Concat(_topics.Metrics.Partitions))
        {
            _producers.Add(new Producer(partition, isIdempotent: true, _numbers, new Random(_random.Next())));
            _producers.Add(new Producer(partition, isIdempotent: false, _numbers, new Random(_random.Next())));
        }
    }

    private async Task KillStartingAsync(KillPlan plan)
    {
        var (exitCode, output) = await SiloProcess
            .StartAndKillAsync(_data, plan.Delay * _startTime, SiloSettings.Choose(_random));
        CheckOutput(output);
        if (exitCode is not null)
        {
            throw new ViolationException($"The silo ended by itself with {exitCode} while it started:\n{output}");
        }
    }

    private async Task KillServingAsync(KillPlan plan)
    {
        await using var silo = await StartAsync();
        await Verification.RunAsync(silo.KafkaAddress, _topics.All);
        var changes = new TopicChanges(_topics, _numbers, new Random(_random.Next()));
        var load = new LoadSession(silo.KafkaAddress, _producers, changes, plan.Batches);
        await (plan.Moment == KillMoment.Changed ? load.ChangedAsync() : load.EnoughAsync());
        if (plan.Moment == KillMoment.Stopping)
        {
            silo.RequestStop();
            await Task.Delay(plan.Delay * s_stopTime, TimeProvider.System);
        }

        await silo.KillAsync();
        await load.EndedAsync();
        _records += load.Records;
        CheckOutput(silo.Output);
    }

    // The last kill is looked at too, and a graceful stop in the end has to lose as little as a kill.
    private async Task StopAndVerifyAsync()
    {
        await using (var silo = await StartAsync())
        {
            await Verification.RunAsync(silo.KafkaAddress, _topics.All);
            if (await silo.TerminateAsync() is not 0 and var exitCode)
            {
                throw new ViolationException($"A graceful stop ended with {exitCode}:\n{silo.Output}");
            }
        }

        await using var last = await StartAsync();
        await Verification.RunAsync(last.KafkaAddress, _topics.All);
    }

    private async Task<SiloProcess> StartAsync()
    {
        var start = _clock.Elapsed;
        try
        {
            var silo = await SiloProcess.StartAsync(_data, report: null, SiloSettings.Choose(_random));
            _startTime = _clock.Elapsed - start;
            return silo;
        }
        catch (InvalidOperationException e)
        {
            throw new ViolationException($"The silo does not start. {e.Message}");
        }
    }

    // A kill is nothing that a silo should find worth an error, neither before nor after.
    private static void CheckOutput(string output)
    {
        if (output.Contains("fail: ", StringComparison.Ordinal) || output.Contains("crit: ", StringComparison.Ordinal))
        {
            throw new ViolationException($"The silo reports an error:\n{output}");
        }
    }
}
