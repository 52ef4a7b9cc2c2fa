using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansStream.Crash.Load;
using OrleansStream.Crash.Model;
using OrleansStream.Crash.Storage;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash;

/// <summary>A run: start a silo on the same storage, check it, load it, kill it; again and again.</summary>
/// <remarks>
/// A killed process leaves what it had handed to the operating system, so that a missing sync does not show here; the
/// tests that inject faults look for that.
/// </remarks>
public sealed partial class CrashRun
{
    // About what a stop takes under load, most of it waiting for requests in flight and for segments.
    private static readonly TimeSpan s_stopTime = TimeSpan.FromMilliseconds(100);

    // The silo's, for a storage that cannot be opened.
    private const int StorageFailedExitCode = 2;

    private readonly CrashOptions _options;
    private readonly Action<string> _print;
    private readonly SiloStorage _storage;
    private readonly Random _random;
    private readonly Refusals _refusals;
    private readonly Topics _topics = new();
    private readonly SenderNumbers _numbers = new();
    private readonly List<Producer> _producers = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _startTime = TimeSpan.FromMilliseconds(500);
    private long _records;
    private int _storageFaults;

    private CrashRun(CrashOptions options, SiloStorage storage, Action<string> print)
    {
        _options = options;
        _storage = storage;
        _refusals = new Refusals(storage.MayFail);
        _print = print;
        _random = new Random(options.Seed);
    }

    /// <summary>Runs, printing progress and at the end one line that sums up.</summary>
    /// <returns>The exit code: 0 when the silo kept its promises, 1 at the first that it broke.</returns>
    public static async Task<int> RunAsync(CrashOptions options, Action<string> print)
    {
        var data = options.DataDirectory ?? Directory.CreateTempSubdirectory("ostream-crash-").FullName;
        await using var storage = await SiloStorage.OpenAsync(data, options.OnAzurite);
        var run = new CrashRun(options, storage, print);
        print($"Seed {options.Seed}, data in {data}");
        try
        {
            await run.RunAsync();
        }
        catch (ViolationException e)
        {
            print($"VIOLATION: {e.Message}");
            print($"{storage.Remains}; --kills {options.Kills} --seed {options.Seed} repeats the run.");
            return 1;
        }

        Directory.Delete(data, recursive: true);
        print(
            $"{options.Kills} kills in {run._clock.Elapsed.TotalSeconds:F0} s, {run._records} records acknowledged, "
            + $"{run._storageFaults} failures of the storage reported, nothing lost, nothing doubled.");
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
        await new TopicChanges(_topics, _refusals, _numbers, _random).CreateMissingAsync(silo.KafkaAddress);
        foreach (var partition in _topics.Orders.Partitions.Concat(_topics.Metrics.Partitions))
        {
            _producers.Add(AddProducer(partition, isIdempotent: true));
            _producers.Add(AddProducer(partition, isIdempotent: false));
        }
    }

    private Producer AddProducer(TrackedPartition partition, bool isIdempotent)
        => new(partition, isIdempotent, _refusals, _numbers, new Random(_random.Next()));

    private async Task KillStartingAsync(KillPlan plan)
    {
        using var disturbance = new CancellationTokenSource();
        var disturbing = _storage.DisturbAsync(new Random(_random.Next()), disturbance.Token);
        var (exitCode, output) = await SiloProcess.StartAndKillAsync(plan.Delay * _startTime, ChooseOptions());
        await disturbance.CancelAsync();
        await disturbing;
        CheckOutput(output);
        if (exitCode is not null && !(exitCode == StorageFailedExitCode && _storage.MayFail))
        {
            throw new ViolationException($"The silo ended by itself with {exitCode} while it started:\n{output}");
        }
    }

    private async Task KillServingAsync(KillPlan plan)
    {
        await using var silo = await StartAsync();
        await Verification.RunAsync(silo.KafkaAddress, _topics.All);
        using var disturbance = new CancellationTokenSource();
        var disturbing = _storage.DisturbAsync(new Random(_random.Next()), disturbance.Token);
        var changes = new TopicChanges(_topics, _refusals, _numbers, new Random(_random.Next()));
        var load = new LoadSession(silo.KafkaAddress, _producers, changes, plan.Batches / _storage.BatchesDivisor);
        await (plan.Moment == KillMoment.Changed ? load.ChangedAsync() : load.EnoughAsync());
        if (plan.Moment == KillMoment.Stopping)
        {
            silo.RequestStop();
            await Task.Delay(plan.Delay * s_stopTime, TimeProvider.System);
        }

        await silo.KillAsync();
        await load.EndedAsync();
        await disturbance.CancelAsync();
        await disturbing;
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
            var silo = await SiloProcess.StartAsync(report: null, ChooseOptions());
            _startTime = _clock.Elapsed - start;
            return silo;
        }
        catch (InvalidOperationException e)
        {
            throw new ViolationException($"The silo does not start. {e.Message}");
        }
    }

    private IEnumerable<string> ChooseOptions() => [.. _storage.SiloOptions, .. SiloSettings.Choose(_random)];

    // A kill is nothing that a silo should find worth an error, neither before nor after.
    private void CheckOutput(string output)
    {
        var errors = Errors().Matches(output);
        _storageFaults += errors.Count;
        if (errors.Any(error => !_storage.MayFail || !StorageErrors().IsMatch(error.Value)))
        {
            throw new ViolationException($"The silo reports an error:\n{output}");
        }
    }

    [GeneratedRegex("(fail|crit): .*")]
    private static partial Regex Errors();

    // The journal failed, or the storage did and was opened anew, perhaps not at the first try; or the silo could not
    // start, or not close in order.
    [GeneratedRegex(@": \S+\[(1005|1007|2001|2010|2011)\]")]
    private static partial Regex StorageErrors();
}
