using Microsoft.Extensions.Options;

namespace OrleansStream.Silo.Hosting;

/// <summary>
/// Runs one silo for a process, and turns what can go wrong at the start into a sentence and an exit code.
/// </summary>
internal static class SiloProgram
{
    // A journal's loop holds a thread for as long as a disk takes to sync. These are kept beyond one per processor, so
    // that a few such loops never leave the gateways without a thread while the pool makes up its mind to grow.
    private const int ThreadsForBlockingWork = 4;

    /// <param name="commandLine">The settings given on the command line, by their keys.</param>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> commandLine)
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + ThreadsForBlockingWork), ports);
        try
        {
            await using var application = SiloApplication.Build(commandLine);
            var run = application.Services.GetRequiredService<SiloRun>();
            return (int)await run.RunAsync(application);
        }
        catch (OptionsValidationException e)
        {
            return Refuse(e.Failures);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            return Refuse(e.InnerExceptions.SelectMany(inner => ((OptionsValidationException)inner).Failures));
        }
        catch (InvalidOperationException e) when (Settings.FindNamed(e.Message) is { } setting)
        {
            return Refuse([$"{setting}: {e.InnerException?.Message ?? e.Message}"]);
        }
    }

    private static int Refuse(IEnumerable<string> reasons)
    {
        foreach (var reason in reasons)
        {
            Console.Error.WriteLine(reason);
        }

        return (int)ExitCode.BadOptions;
    }
}
