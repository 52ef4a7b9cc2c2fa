using OrleansStream.Client.Consuming;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client;

/// <summary>Records of one partition, read where they lie, without copies.</summary>
/// <remarks>
/// Valid until the consumer is asked for the next one. What was enumerated counts as read; records that were not are
/// handed out again. Not thread-safe.
/// </remarks>
public sealed class ConsumedBatch
{
    private readonly FetchedChunk _chunk;
    private readonly int _maxRecords;
    private readonly bool _verifies;
    private int _count;

    internal ConsumedBatch(PartitionCursor cursor, FetchedChunk chunk, int maxRecords, bool verifies)
    {
        Cursor = cursor;
        Version = cursor.Version;
        NextOffset = cursor.Position;
        _chunk = chunk;
        _maxRecords = maxRecords;
        _verifies = verifies;
    }

    public TopicPartition Partition => Cursor.Partition;

    /// <summary>The offset after the last record enumerated so far.</summary>
    public long NextOffset { get; internal set; }

    internal PartitionCursor Cursor { get; }

    /// <summary>The cursor's when the batch was taken; another one means that reading goes on elsewhere.</summary>
    internal int Version { get; }

    internal FetchedChunk Chunk => _chunk;

    internal int ReadCount => _count;

    /// <summary>The records, from where the last enumeration ended.</summary>
    public Enumerator GetEnumerator() => new(this);

    private bool TryBegin(out BatchHeader header, out BatchReader records)
    {
        while (_chunk.TryPeek(out header, out var batch))
        {
            if (header.NextOffset <= NextOffset || header.IsControl)
            {
                End(header);
                continue;
            }

            records = _chunk.Open(header, batch.Span, _verifies);
            return true;
        }

        records = default;
        return false;
    }

    private void End(in BatchHeader header)
    {
        _chunk.Skip(header);
        NextOffset = Math.Max(NextOffset, header.NextOffset);
    }

    /// <summary>Walks the records.</summary>
    public ref struct Enumerator
    {
        private readonly ConsumedBatch _batch;
        private BatchReader _records;
        private BatchHeader _header;
        private bool _isInside;

        internal Enumerator(ConsumedBatch batch) => _batch = batch;

        public RecordSpan Current { get; private set; }

        /// <exception cref="StreamException">A batch is damaged, or compressed as nobody here can read.</exception>
        public bool MoveNext()
        {
            while (_batch._count < _batch._maxRecords)
            {
                if (!_isInside && !_batch.TryBegin(out _header, out _records))
                {
                    return false;
                }

                _isInside = true;
                while (TryReadRecord(out var record))
                {
                    var offset = _header.BaseOffset + record.OffsetDelta;
                    if (offset < _batch.NextOffset)
                    {
                        continue;
                    }

                    var timestamp = _header.HasLogAppendTime
                        ? _header.MaxTimestamp
                        : unchecked(_header.BaseTimestamp + record.TimestampDelta);
                    Current = new RecordSpan(record, offset, timestamp);
                    _batch.NextOffset = offset + 1;
                    _batch._count++;
                    return true;
                }

                _batch.End(_header);
                _isInside = false;
            }

            return false;
        }

        private bool TryReadRecord(out RecordView record)
        {
            try
            {
                var isThere = _records.MoveNext();
                record = _records.Current;
                _batch._chunk.Place = _records.Place;
                return isThere;
            }
            catch (ProtocolException e)
            {
                throw FetchedChunk.Damaged(_header, e.Message);
            }
        }
    }
}
