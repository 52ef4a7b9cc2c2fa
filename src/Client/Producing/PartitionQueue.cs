using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client.Producing;

/// <summary>The batches of one partition that wait to be sent, the last of which takes records.</summary>
/// <remarks>Thread-safe, by one short lock.</remarks>
internal sealed class PartitionQueue(int batchBytes, TimeProvider time)
{
    private const int RecordOverheadBytes = 24;
    private const int SmallBatchBytes = 1_024;

    private readonly Lock _gate = new();
    private readonly Queue<PendingBatch> _full = new();
    private PendingBatch? _open;
    private volatile PendingBatch? _newest;
    private int _maxBatchBytes = batchBytes;
    private int _lastBatchBytes = SmallBatchBytes;

    /// <summary>The batch that got the last record; null before the first.</summary>
    public PendingBatch? Newest => _newest;

    /// <summary>An estimate, on the safe side, of what a record takes in a batch.</summary>
    public static int SizeBytes(in OutgoingRecord record)
    {
        var bytes = RecordOverheadBytes + (record.Key?.Length ?? 0) + (long)(record.Value?.Length ?? 0);
        foreach (var header in record.Headers ?? [])
        {
            bytes += (2 * sizeof(int)) + (3L * header.Name.Length) + (header.Value?.Length ?? 0);
        }

        return checked((int)bytes);
    }

    /// <summary>Puts a record into a batch.</summary>
    /// <param name="delivery">Null when nobody awaits it.</param>
    /// <param name="starts">Whether it is the first of its batch, whose time begins now.</param>
    /// <param name="fills">Whether there is a batch now that need not wait any longer.</param>
    public void Append(
        in OutgoingRecord record, int heldBytes, long timestamp, Delivery? delivery, out bool starts, out bool fills)
    {
        var headers = ToHeaders(record.Headers);
        lock (_gate)
        {
            fills = false;
            if (_open is not null && _open.SizeBytes + heldBytes > _maxBatchBytes)
            {
                Close();
                fills = true;
            }

            starts = _open is null;
            var batch = _open ??= new PendingBatch(BatchBuilder.Rent(_lastBatchBytes), time.GetTimestamp());
            batch.Append(record, headers, heldBytes, timestamp, delivery);
            _newest = batch;
            if (batch.SizeBytes >= _maxBatchBytes)
            {
                Close();
                fills = true;
            }
        }
    }

    /// <summary>Begins no batch from now on that gets larger, unless a record is.</summary>
    public void Limit(int batchBytes)
    {
        lock (_gate)
        {
            _maxBatchBytes = Math.Min(_maxBatchBytes, batchBytes);
        }
    }

    /// <summary>Lets the open batch go, however few records it has.</summary>
    public void CloseOpen()
    {
        lock (_gate)
        {
            Close();
        }
    }

    /// <param name="takesOpen">Whether a batch that still has room is taken too, when there is no full one.</param>
    public bool TryTake(bool takesOpen, [NotNullWhen(true)] out PendingBatch? batch)
    {
        lock (_gate)
        {
            if (takesOpen && _full.Count == 0)
            {
                Close();
            }

            return _full.TryDequeue(out batch);
        }
    }

    private void Close()
    {
        if (_open is not null)
        {
            // The next is likely to get as large: then its memory never has to grow.
            _lastBatchBytes = Math.Max(SmallBatchBytes, Math.Min(_open.SizeBytes, _maxBatchBytes));
            _full.Enqueue(_open);
            _open = null;
        }
    }

    private static RecordHeader[] ToHeaders(IReadOnlyList<Header>? headers)
        => headers is null or []
            ? []
            : [.. headers.Select(header => new RecordHeader(
                Encoding.UTF8.GetBytes(header.Name), header.Value))];
}
