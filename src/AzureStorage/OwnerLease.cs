using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace OrleansStream.AzureStorage;

/// <summary>Holds the storage for this process: a lease on the blob <c>lock</c>, renewed until disposed.</summary>
/// <remarks>
/// One loop renews. Whoever uses the storage asks <see cref="ThrowIfLost"/> first; it goes by this process's own clock,
/// reckoned from before the last renewal was sent, so it says no before the service lets another process in.
/// </remarks>
internal sealed class OwnerLease : IAsyncDisposable
{
    private const string LockBlob = "lock";
    private const string HolderKey = "holder";
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly BlobClient _blob;
    private readonly BlobLeaseClient _lease;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _renewing = Task.CompletedTask;
    private long _renewedAt; // A timestamp of the clock.
    private volatile string? _lostBecause;
    private int _disposals;

    private OwnerLease(BlobContainerClient container, TimeSpan duration, TimeProvider time)
    {
        _blob = container.GetBlobClient(LockBlob);
        _lease = _blob.GetBlobLeaseClient(Guid.NewGuid().ToString());
        _duration = duration;
        _time = time;
    }

    /// <summary>Takes the lease, waiting for that of a silo that crashed to end.</summary>
    /// <exception cref="IOException">Another process holds the storage; the message says which.</exception>
    public static async Task<OwnerLease> TakeAsync(
        BlobContainerClient container,
        AzureStoreOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var lease = new OwnerLease(container, options.Lease, time);
        await lease.CreateBlobAsync(cancellationToken).ConfigureAwait(false);
        if (options.TakeOver)
        {
            await lease.BreakAsync(cancellationToken).ConfigureAwait(false);
        }

        var start = time.GetTimestamp();
        while (!await lease.TryAcquireAsync(cancellationToken).ConfigureAwait(false))
        {
            if (time.GetElapsedTime(start) >= options.LeaseWait)
            {
                throw await lease.InUseAsync(cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(PollInterval, time, cancellationToken).ConfigureAwait(false);
        }

        await lease.SignAsync(cancellationToken).ConfigureAwait(false);
        lease._renewing = lease.RenewAsync();
        return lease;
    }

    /// <exception cref="IOException">This process does not own the storage any more, or may not.</exception>
    public void ThrowIfLost()
    {
        var because = _lostBecause
            ?? (_time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < _duration ? null : "it could not be renewed");
        if (because is not null)
        {
            throw new IOException($"{_blob.Uri.GetLeftPart(UriPartial.Path)}: the lease is lost, {because}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        _stop.Dispose();
        if (_lostBecause is null)
        {
            _lostBecause = "the storage was closed";
            try
            {
                await _lease.ReleaseAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (StorageFault.Is(e, CancellationToken.None))
            {
                // It ends by itself, and whoever comes next waits for that.
            }
        }
    }

    private async Task CreateBlobAsync(CancellationToken cancellationToken)
    {
        try
        {
            var ifNew = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            await _blob.UploadAsync(BinaryData.Empty, ifNew, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // It is there.
        }
    }

    private async Task BreakAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _lease.BreakAsync(TimeSpan.Zero, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // Nobody holds it.
        }
    }

    // A lost reply does no harm: the second try asks for the lease that it already has, and gets it.
    private async Task<bool> TryAcquireAsync(CancellationToken cancellationToken)
    {
        var before = _time.GetTimestamp();
        try
        {
            await _lease.AcquireAsync(_duration, cancellationToken: cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _renewedAt, before);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return false;
        }
    }

    private async Task SignAsync(CancellationToken cancellationToken)
    {
        var holder = $"process {Environment.ProcessId} on {Environment.MachineName}, since {_time.GetUtcNow():u}";
        await _blob.SetMetadataAsync(
            new Dictionary<string, string> { [HolderKey] = Uri.EscapeDataString(holder) },
            new BlobRequestConditions { LeaseId = _lease.LeaseId },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<IOException> InUseAsync(CancellationToken cancellationToken)
    {
        var blob = await _blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var holder = blob.Value.Metadata.TryGetValue(HolderKey, out var text)
            ? Uri.UnescapeDataString(text)
            : "a process that has not said its name";
        return new IOException(
            $"{_blob.Uri.GetLeftPart(UriPartial.Path)}: the storage is in use by {holder}. If that is dead, wait until "
            + "its lease ends, or set Azure:TakeOver.");
    }

    private async Task RenewAsync()
    {
        var interval = _duration / 3;
        while (_lostBecause is null)
        {
            await Task.Delay(interval, _time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            await RenewOnceAsync(interval).ConfigureAwait(false);
        }
    }

    // A fault is no loss yet: the next try may succeed before the lease ends.
    private async Task RenewOnceAsync(TimeSpan patience)
    {
        var before = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            await _lease.RenewAsync(cancellationToken: either.Token).ConfigureAwait(false);
            Volatile.Write(ref _renewedAt, before);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            _lostBecause = "another process has taken it";
        }
        catch (Exception e) when (StorageFault.Is(e, CancellationToken.None))
        {
            // ThrowIfLost knows how old the last renewal is.
        }
    }
}
