using System.Runtime.ExceptionServices;
using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Reads the partitions of one Fetch together, within one budget of bytes. Owns what they return.</summary>
/// <remarks>
/// Partitions are served in the order of the request; clients put those that got nothing in front the next time.
/// Not thread-safe: the request that made it uses it, one call after the other.
/// </remarks>
internal sealed class FetchRound : IDisposable
{
    private readonly PartitionRead[] _readable;
    private readonly int _budgetBytes;
    private bool _isFull;

    public FetchRound(PartitionRead[] reads, int budgetBytes)
    {
        Reads = reads;
        _budgetBytes = budgetBytes;
        _readable = Array.FindAll(reads, read => read.IsReadable);
    }

    /// <summary>In the order of the request, or of its session.</summary>
    public PartitionRead[] Reads { get; }

    public int TotalBytes { get; private set; }

    public bool HasSinglePartition => Reads.Length == 1 && _readable.Length == 1;

    /// <summary>Whether to answer now: there is enough, no more fits in, or something is wrong.</summary>
    public bool IsEnough(int minBytes)
        => TotalBytes >= minBytes || _isFull || _readable.Length == 0 || HasError();

    /// <summary>Reads all partitions anew.</summary>
    public async ValueTask ReadAsync(int minBytes, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        TotalBytes = 0;
        _isFull = false;
        var next = 0;
        while (next < _readable.Length && (TotalBytes < _budgetBytes || next == 0))
        {
            next = await ReadSomeAsync(next, minBytes, maxWait, cancellationToken);
        }

        _isFull |= next < _readable.Length;
        for (; next < _readable.Length; next++)
        {
            await _readable[next].ReadStatusAsync(cancellationToken);
        }
    }

    /// <summary>Waits until the partitions may have got the bytes that are missing, and reads them anew.</summary>
    /// <returns>False when no partition has more to give.</returns>
    /// <remarks>
    /// When n partitions together have grown by what is missing, one of them has grown by at least the n-th part. So it
    /// suffices to wait for that in each, and the first to get there ends the wait of all. One that got there without
    /// bringing more holds more than the client takes of it at once, and is not waited for again.
    /// </remarks>
    public async ValueTask<bool> ReadMoreAsync(int minBytes, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        var growing = Array.FindAll(_readable, read => !read.IsSaturated);
        if (growing.Length == 0)
        {
            return false;
        }

        var growth = (minBytes - TotalBytes + growing.Length - 1) / growing.Length;
        var before = Array.ConvertAll(growing, read => read.LengthBytes);
        var ended = await WaitForGrowthAsync(growing, growth, maxWait, cancellationToken);
        await ReadAsync(minBytes: 0, TimeSpan.Zero, cancellationToken);
        for (var i = 0; i < growing.Length; i++)
        {
            growing[i].IsSaturated = ended[i] && growing[i].LengthBytes <= before[i];
        }

        return true;
    }

    public void Dispose()
    {
        foreach (var read in _readable)
        {
            read.Dispose();
        }
    }

    /// <returns>Which waits have ended by themselves, at least one.</returns>
    private static async Task<bool[]> WaitForGrowthAsync(
        PartitionRead[] reads, int growth, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = Array.ConvertAll(reads, read => WaitForGrowthAsync(read, growth, maxWait, stop.Token));
        await Task.WhenAny(waits);
        await stop.CancelAsync();
        var ended = await Task.WhenAll(waits);
        cancellationToken.ThrowIfCancellationRequested();
        return ended;
    }

    private static async Task<bool> WaitForGrowthAsync(
        PartitionRead read, int growth, TimeSpan maxWait, CancellationToken stop)
    {
        try
        {
            var wanted = read.LengthBytes + growth;
            var reply = await read.StartAsync(Math.Max(read.MaxBytes, wanted), minBytes: wanted, maxWait, stop);
            reply.Records.Dispose();
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Another partition had enough, or the client left.
            return false;
        }
    }

    /// <summary>Reads in parallel as many partitions as the rest of the budget has room for.</summary>
    /// <returns>The first that had no room.</returns>
    private async ValueTask<int> ReadSomeAsync(
        int first, int minBytes, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        var reading = new List<Task<FetchReply>>(_readable.Length - first);
        var unreserved = (long)_budgetBytes - TotalBytes;
        var next = first;
        do
        {
            var read = _readable[next++];
            var maxBytes = (int)Math.Min(read.MaxBytes, unreserved);
            unreserved -= maxBytes;
            reading.Add(read.StartAsync(maxBytes, Math.Min(minBytes, maxBytes), maxWait, cancellationToken).AsTask());
        }
        while (next < _readable.Length && unreserved > 0);

        await ReceiveAsync(first, reading);
        return next;
    }

    // Every read that was started is received, also after one has failed: it may bring records to be released.
    private async ValueTask ReceiveAsync(int first, List<Task<FetchReply>> reading)
    {
        ExceptionDispatchInfo? failure = null;
        for (var i = 0; i < reading.Count; i++)
        {
            try
            {
                await _readable[first + i].ReceiveAsync(reading[i]);
                Count(_readable[first + i]);
            }
            catch (Exception e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
    }

    // A partition returns at least one batch, however small its share. Only the first may break the budget with it.
    private void Count(PartitionRead read)
    {
        if (TotalBytes > 0 && TotalBytes + (long)read.LengthBytes > _budgetBytes)
        {
            read.Drop();
            _isFull = true;
        }
        else
        {
            TotalBytes += read.LengthBytes;
        }
    }

    private bool HasError()
        => Array.Exists(Reads, read => read.Reply.Error != StreamError.None);
}
