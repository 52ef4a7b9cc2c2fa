using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;

namespace OrleansStream.Engine.Hosting;

/// <summary>
/// Does in the background what keeps a store small: writes segments, trims the journal, applies retention, compacts.
/// </summary>
/// <remarks>
/// One loop, woken every second, and another for compaction, which takes long: one partition after the other. The first
/// writes the tails that are large or idle; under pressure, when half of the memory or of the journal is used, all
/// others as well, oldest journal position first, until it is over. A partition that trickles therefore never holds the
/// journal back.
/// </remarks>
internal sealed partial class Maintenance : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Pressure is looked at so often while nothing else is to be done.</summary>
    private static readonly TimeSpan PressureInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>How many deleted topics may wait for the deletion of their files; further deletions wait.</summary>
    private const int MaxDeletions = 1_000;

    private readonly HostServices _services;
    private readonly Func<IEnumerable<PartitionHost>> _hosts;
    private readonly Channel<(TopicDescription Topic, PartitionHost[] Hosts)> _deletions =
        Channel.CreateBounded<(TopicDescription, PartitionHost[])>(
            new BoundedChannelOptions(MaxDeletions) { SingleReader = true });

    private readonly WorkQueue _rounds = new();
    private readonly WorkQueue _compactions = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private readonly Task _compacting;
    private readonly Task _expiring;
    private long _lastFlush;
    private long _lastTidy;

    public Maintenance(HostServices services, Func<IEnumerable<PartitionHost>> hosts)
    {
        _services = services;
        _hosts = hosts;
        _lastFlush = _lastTidy = services.Time.GetTimestamp();
        _loop = RunAsync();
        _compacting = LoopAsync(services.Options.RetentionInterval, _compactions, CompactAsync);
        _expiring = ExpireWaitersAsync();
    }

    /// <summary>
    /// Deletes the files of a topic soon. What is not deleted before the store closes goes when it opens next.
    /// </summary>
    /// <param name="hosts">Its open partitions, closed.</param>
    public async ValueTask DeleteLaterAsync(TopicDescription topic, PartitionHost[] hosts)
    {
        try
        {
            await _deletions.Writer.WriteAsync((topic, hosts)).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The store is being closed, or has failed.
            await DisposeAsync(hosts).ConfigureAwait(false);
        }
    }

    /// <summary>Does everything that is due or worth it now, after the round that may be on its way.</summary>
    public async Task RunOnceAsync()
    {
        await _rounds.RunAsync(async () =>
        {
            await FlushAsync().ConfigureAwait(false);
            await DeleteTopicsAsync().ConfigureAwait(false);
            await TidyAsync().ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        await _compactions.RunAsync(CompactAsync).ConfigureAwait(false);
    }

    /// <summary>Deletes the journal files before one, as far as the storage lets it.</summary>
    public async Task TryTrimJournalAsync(long oldestNeeded)
    {
        try
        {
            await _services.Journal.TrimAsync(oldestNeeded, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogTrimFailed(_services.Logger, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await _compacting.ConfigureAwait(false);
        await _expiring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _rounds.DisposeAsync().ConfigureAwait(false);
        await _compactions.DisposeAsync().ConfigureAwait(false);
        while (_deletions.Reader.TryRead(out var deletion))
        {
            await DisposeAsync(deletion.Hosts).ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await LoopAsync(PressureInterval, _rounds, TickAsync).ConfigureAwait(false);
        _deletions.Writer.TryComplete();
    }

    private async Task LoopAsync(TimeSpan interval, WorkQueue queue, Func<Task<bool>> work)
    {
        try
        {
            using var timer = new PeriodicTimer(interval, _services.Time);
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false)
                && !_services.Failed.IsCompleted)
            {
                await queue.RunAsync(work).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The store is being closed.
        }
        catch (Exception e)
        {
            // Without maintenance memory would run full; what cannot go on is opened anew.
            LogEnded(_services.Logger, e);
            _services.Fail(e);
        }
    }

    private async Task<bool> TickAsync()
    {
        if (_services.IsUnderPressure || _services.Time.GetElapsedTime(_lastFlush) >= Interval)
        {
            _lastFlush = _services.Time.GetTimestamp();
            await FlushAsync().ConfigureAwait(false);
            await DeleteTopicsAsync().ConfigureAwait(false);
        }

        if (_services.Time.GetElapsedTime(_lastTidy) >= _services.Options.RetentionInterval)
        {
            _lastTidy = _services.Time.GetTimestamp();
            await TidyAsync().ConfigureAwait(false);
        }

        return true;
    }

    // Apart from the other loop: a disk that hangs is exactly when waits have to end.
    private async Task ExpireWaitersAsync()
    {
        using var timer = new PeriodicTimer(PressureInterval, _services.Time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            _services.Waiters.Expire();
        }
    }

    private async Task FlushAsync()
    {
        foreach (var host in _hosts().Where(host => host.WantsFlush()))
        {
            await TryAsync(host, host.FlushAsync).ConfigureAwait(false);
        }

        await TrimJournalAsync().ConfigureAwait(false);
        if (!_services.IsUnderPressure)
        {
            return;
        }

        foreach (var host in _hosts()
            .Where(host => host.UnsegmentedBytes > 0)
            .OrderBy(host => host.OldestJournalFile ?? long.MaxValue)
            .ThenByDescending(host => host.UnsegmentedBytes))
        {
            await TryAsync(host, host.FlushAsync).ConfigureAwait(false);
            await TrimJournalAsync().ConfigureAwait(false);
            if (!_services.IsUnderPressure)
            {
                return;
            }
        }
    }

    private async Task TidyAsync()
    {
        foreach (var host in _hosts())
        {
            await TryAsync(host, host.TidyAsync).ConfigureAwait(false);
        }
    }

    private async Task<bool> CompactAsync()
    {
        foreach (var host in _hosts())
        {
            await TryAsync(host, () => host.CompactAsync(_stopping.Token)).ConfigureAwait(false);
        }

        return true;
    }

    private async Task TrimJournalAsync()
    {
        // The current file is asked for first: what is appended from here on goes to it or a later one.
        var oldest = _services.Journal.CurrentFile;
        foreach (var host in _hosts())
        {
            oldest = Math.Min(oldest, host.OldestJournalFile ?? oldest);
        }

        await TryTrimJournalAsync(oldest).ConfigureAwait(false);
    }

    private async Task DeleteTopicsAsync()
    {
        while (_deletions.Reader.TryRead(out var deletion))
        {
            var (topic, hosts) = deletion;
            await DisposeAsync(hosts).ConfigureAwait(false);
            try
            {
                for (var partition = 0; partition < topic.PartitionCount; partition++)
                {
                    var id = new PartitionId(topic.Id, partition);
                    await _services.Segments.ForgetAsync(id).ConfigureAwait(false);
                    await PartitionStore.DeleteAsync(id, _services.Storage, CancellationToken.None)
                        .ConfigureAwait(false);
                }
            }
            catch (IOException e)
            {
                LogDeletionFailed(_services.Logger, e, topic.Name);
            }
        }
    }

    private static async Task DisposeAsync(PartitionHost[] hosts)
    {
        foreach (var host in hosts)
        {
            await host.DrainAsync().ConfigureAwait(false);
            await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task TryAsync(PartitionHost host, Func<Task> work)
    {
        try
        {
            _stopping.Token.ThrowIfCancellationRequested();
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            // Nothing is lost: the records are still in the journal, and the next round tries again.
            LogWorkFailed(_services.Logger, e, host.Id.ToString());
        }
    }

    [LoggerMessage(2014, LogLevel.Error, "Maintenance ended; the storage is opened anew.")]
    private static partial void LogEnded(ILogger logger, Exception exception);

    [LoggerMessage(2007, LogLevel.Warning, "Maintenance of {Partition} failed and is tried again.")]
    private static partial void LogWorkFailed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(2008, LogLevel.Warning, "A journal file could not be deleted; it is tried again.")]
    private static partial void LogTrimFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        2009,
        LogLevel.Warning,
        "The files of the deleted topic {Topic} remain until the storage is opened next.")]
    private static partial void LogDeletionFailed(ILogger logger, Exception exception, string topic);
}
