using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client.Producing;

/// <summary>Where a record was put: its batch, and its number in it.</summary>
internal readonly record struct BatchPlace(PendingBatch Batch, int Index);

/// <summary>The batches of one partition that wait to be sent, the last of which takes records.</summary>
/// <remarks>Thread-safe, by one short lock.</remarks>
internal sealed class PartitionQueue(int batchBytes, BuilderPool builders, TimeProvider time)
{
    private const int RecordOverheadBytes = 24;

    private readonly Lock _gate = new();
    private readonly Queue<PendingBatch> _full = new();
    private PendingBatch? _open;

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
    /// <param name="starts">Whether it is the first of its batch, whose time begins now.</param>
    /// <param name="fills">Whether there is a batch now that need not wait any longer.</param>
    public BatchPlace Append(
        in OutgoingRecord record, int heldBytes, long timestamp, bool isPosted, out bool starts, out bool fills)
    {
        var headers = ToHeaders(record.Headers);
        lock (_gate)
        {
            fills = false;
            if (_open is not null && _open.Builder.SizeBytes + heldBytes > batchBytes)
            {
                Close();
                fills = true;
            }

            starts = _open is null;
            _open ??= new PendingBatch(builders.Take(), time.GetTimestamp());
            var batch = _open;
            var index = batch.Builder.RecordCount;
            batch.Builder.Append(
                record.Key.GetValueOrDefault().Span,
                record.Key.HasValue,
                record.Value.GetValueOrDefault().Span,
                record.Value.HasValue,
                headers,
                timestamp);
            batch.HeldBytes += heldBytes;
            batch.HasPosted |= isPosted;
            if (batch.Builder.SizeBytes >= batchBytes)
            {
                Close();
                fills = true;
            }

            return new BatchPlace(batch, index);
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
