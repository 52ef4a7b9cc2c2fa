using Microsoft.Extensions.Logging;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>What all partitions of one opened storage share.</summary>
internal sealed class HostServices : IAsyncDisposable
{
    private static readonly TimeSpan s_easeInterval = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ByteBudget _cacheMemory;

    public HostServices(IStorage storage, EngineOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Storage = storage;
        Options = options;
        Time = time;
        Logger = loggers.CreateLogger("OrleansStream.Engine");
        Memory = new ByteBudget(options.MemoryBytes, options.MaxWaiters, time);
        JournalSpace = new ByteBudget(options.Journal.MaxBytes, options.MaxWaiters, time);
        ReadMemory = new ByteBudget(options.ReadBytes, options.MaxWaiters, time);
        TailMemory = new TailMemory(Memory);
        _cacheMemory = new ByteBudget(options.CacheBytes, maxWaiters: 1, time);
        Blocks = storage.Segments.IsRemote ? new BlockCache(_cacheMemory) : null;
        Segments = new SegmentCache(storage.Segments, options.OpenSegments, options.IndexBytes, Blocks);
        Waiters = new AppendWaiterPool(time);
    }

    public IStorage Storage { get; }

    public EngineOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public ByteBudget Memory { get; }

    public ByteBudget JournalSpace { get; }

    public ByteBudget ReadMemory { get; }

    public ITailMemory TailMemory { get; }

    /// <summary>Null where segments are read as they are.</summary>
    public BlockCache? Blocks { get; }

    public SegmentCache Segments { get; }

    public AppendWaiterPool Waiters { get; }

    /// <summary>Set once, when recovery is done and before the first partition is opened.</summary>
    public Journal Journal { get; set; } = null!;

    /// <summary>Whether segments should be written now, to free memory or journal files.</summary>
    public bool IsUnderPressure
        => Memory.UsedBytes > Memory.CapacityBytes / 2 || JournalSpace.UsedBytes > JournalSpace.CapacityBytes / 2;

    /// <summary>Milliseconds since 1970.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Producers that have not written since then, in milliseconds since 1970, are forgotten.</summary>
    public long ProducersSince => Now - (long)Options.ProducerExpiration.TotalMilliseconds;

    /// <summary>
    /// Completes with the fault that makes it necessary to open the storage anew, if there ever is one.
    /// </summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Says that memory and storage may differ from now on: all must be opened anew from storage.</summary>
    public void Fail(Exception e) => _failed.TrySetResult(e);

    /// <summary>Lets what can wait go on when nothing is under pressure.</summary>
    public async Task WaitForEaseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsUnderPressure)
        {
            return;
        }

        using var timer = new PeriodicTimer(s_easeInterval, Time);
        while (IsUnderPressure)
        {
            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses whoever waits for memory, and whoever would have to.</summary>
    public async ValueTask CloseBudgetsAsync()
    {
        await Memory.DisposeAsync().ConfigureAwait(false);
        await JournalSpace.DisposeAsync().ConfigureAwait(false);
        await ReadMemory.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseBudgetsAsync().ConfigureAwait(false);
        await Segments.DisposeAsync().ConfigureAwait(false);
        await _cacheMemory.DisposeAsync().ConfigureAwait(false);
    }
}
