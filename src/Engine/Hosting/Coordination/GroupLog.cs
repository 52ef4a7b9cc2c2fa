using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting.Coordination;

/// <summary>The partition that keeps groups, as their coordinator reads and writes it.</summary>
/// <remarks>
/// Each batch goes right behind the last record that was read or written here, or nowhere: where another coordinator
/// has written meanwhile, or an append that was given up arrives late, the next one fails. Any failure leaves it open
/// what was stored, so after one the log is to be loaded anew, by another object: the partition may still be reading
/// the batch.
/// </remarks>
internal sealed class GroupLog(IPartition partition, TimeProvider time)
{
    private const int FetchBytes = 1 << 20;
    private const int RewriteBytes = 1 << 18;

    private static readonly TimeSpan AppendTimeout = TimeSpan.FromSeconds(20);

    private readonly BatchBuilder _batch = new();
    private long _startOffset;
    private long _nextOffset;

    public long RecordCount => _nextOffset - _startOffset;

    /// <summary>Reads all records, in order.</summary>
    /// <exception cref="IOException">The partition cannot be read now.</exception>
    /// <exception cref="InvalidDataException">A record is damaged.</exception>
    public async Task LoadAsync(GroupPartition groups, CancellationToken cancellationToken)
    {
        var status = await partition.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfFailed(status.Error, null);
        _startOffset = _nextOffset = status.LogStartOffset;
        bool isAtEnd;
        do
        {
            var reply = await partition
                .FetchAsync(new(_nextOffset, FetchBytes, MinBytes: 0, TimeSpan.Zero), cancellationToken)
                .ConfigureAwait(false);
            using var records = reply.Records;
            ThrowIfFailed(reply.Error, null);
            foreach (var piece in records.Pieces)
            {
                Apply(piece.Span, groups);
            }

            isAtEnd = records.LengthBytes == 0;
        }
        while (!isAtEnd);
    }

    /// <summary>Stores records as one batch: all of them or none.</summary>
    /// <exception cref="IOException">They may or may not be stored.</exception>
    public async Task AppendAsync(IReadOnlyList<GroupRecord> records)
    {
        if (records.Count == 0)
        {
            return;
        }

        var timestamp = time.GetUtcNow().ToUnixTimeMilliseconds();
        _batch.Reset();
        foreach (var (key, value) in records)
        {
            _batch.Append(key.Span, hasKey: true, value.GetValueOrDefault().Span, value is not null, [], timestamp);
        }

        var request = new AppendRequest(_batch.Build(), Acks.All, AppendTimeout, _nextOffset);
        var reply = await partition.AppendAsync(request, CancellationToken.None).ConfigureAwait(false);
        ThrowIfFailed(reply.Error, reply.Message);
        _nextOffset += records.Count;
    }

    /// <summary>Writes what is alive once more, and then deletes all before it.</summary>
    /// <remarks>Wherever it is cut off, the records that are there say the same.</remarks>
    /// <exception cref="IOException">It may have been done in part.</exception>
    public async Task RewriteAsync(IEnumerable<GroupRecord> records)
    {
        var before = _nextOffset;
        var chunk = new GroupOutbox();
        foreach (var record in records)
        {
            chunk.Write(record);
            if (chunk.RecordBytes >= RewriteBytes)
            {
                await AppendAsync(chunk.Records).ConfigureAwait(false);
                chunk.Release();
            }
        }

        await AppendAsync(chunk.Records).ConfigureAwait(false);
        var reply = await partition.DeleteRecordsAsync(before, CancellationToken.None).ConfigureAwait(false);
        ThrowIfFailed(reply.Error, null);
        _startOffset = reply.LogStartOffset;
    }

    private void Apply(ReadOnlySpan<byte> batches, GroupPartition groups)
    {
        while (BatchHeader.TryRead(batches, out var header))
        {
            var records = new BatchReader(batches[BatchHeader.SizeBytes..header.TotalBytes], header.RecordCount);
            foreach (var record in records)
            {
                // The first batch may begin before the log start.
                if (header.BaseOffset + record.OffsetDelta >= _nextOffset)
                {
                    groups.Apply(record.Key, record.Value, record.HasValue);
                }
            }

            _nextOffset = header.NextOffset;
            batches = batches[header.TotalBytes..];
        }
    }

    private static void ThrowIfFailed(StreamError error, string? message)
    {
        if (error != StreamError.None)
        {
            throw new IOException($"{error}: {message}");
        }
    }
}
