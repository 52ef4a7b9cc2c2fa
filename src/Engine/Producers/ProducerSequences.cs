using System.Buffers;
using System.Buffers.Binary;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Producers;

/// <summary>Tells a new batch from a retry, so that what a producer resends after a timeout is stored once.</summary>
/// <remarks>
/// <see cref="Check"/> only reads and <see cref="Apply"/> only writes. The log calls <see cref="Apply"/> when a batch
/// takes its place, the segment builder calls it again for every batch that reaches a segment, and the state it
/// ends in is kept in the segment's footer: so a restart continues exactly where the disk ends.
///
/// Not thread-safe: one owner uses it from one turn at a time.
///
/// The encoded form is a count (int32), then per producer: id (int64), epoch (int16), last append (int64, milliseconds
/// since 1970), number of batches (byte), then per batch: first sequence (int32), record count (int32), base offset
/// (int64). Big-endian.
/// </remarks>
public sealed class ProducerSequences
{
    /// <summary>How many batches back a retry is recognised. Clients keep at most five requests in flight.</summary>
    public const int RememberedBatches = 5;

    /// <summary>
    /// How many producers a partition remembers. Beyond it the one that wrote longest ago is forgotten: its next batch
    /// is taken as it comes, as a new producer's is.
    /// </summary>
    public const int MaxProducers = 100_000;

    private const int SessionHeaderBytes = 19;
    private const int BatchEntryBytes = 16;

    private readonly Dictionary<long, Session> _sessions = [];

    public int Count => _sessions.Count;

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a producer snapshot.</exception>
    public static ProducerSequences Read(ReadOnlySpan<byte> bytes)
    {
        var sequences = new ProducerSequences();
        var reader = new SnapshotReader(bytes);
        var count = reader.Int32();
        for (var i = 0; i < count; i++)
        {
            var producerId = reader.Int64();
            var session = new Session(reader.Int16()) { LastAppend = reader.Int64() };
            for (var batches = reader.Byte(); batches > 0; batches--)
            {
                session.Add(reader.Int32(), reader.Int32(), reader.Int64());
            }

            if (!sequences._sessions.TryAdd(producerId, session))
            {
                throw new InvalidDataException($"A producer snapshot has producer {producerId} twice.");
            }
        }

        return sequences;
    }

    /// <summary>Decides what to do with a batch. Records nothing.</summary>
    public SequenceCheck Check(in BatchHeader batch)
    {
        if (!_sessions.TryGetValue(batch.ProducerId, out var session))
        {
            // New here, or forgotten: take it as it comes.
            return new(SequenceVerdict.Next);
        }

        if (batch.ProducerEpoch < session.Epoch)
        {
            return new(SequenceVerdict.Fenced);
        }

        if (batch.ProducerEpoch > session.Epoch)
        {
            return new(batch.BaseSequence == 0 ? SequenceVerdict.Next : SequenceVerdict.Gap);
        }

        if (batch.BaseSequence == session.NextSequence)
        {
            return new(SequenceVerdict.Next);
        }

        return session.TryFind(batch.BaseSequence, batch.RecordCount, out var baseOffset)
            ? new(SequenceVerdict.Duplicate, baseOffset)
            : new(SequenceVerdict.Gap);
    }

    /// <summary>Records a batch that has its place in the log.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public void Apply(in BatchHeader batch, long baseOffset, long now)
    {
        if (!_sessions.TryGetValue(batch.ProducerId, out var session) || batch.ProducerEpoch > session.Epoch)
        {
            if (session is null && _sessions.Count == MaxProducers)
            {
                _sessions.Remove(_sessions.MinBy(candidate => candidate.Value.LastAppend).Key);
            }

            _sessions[batch.ProducerId] = session = new Session(batch.ProducerEpoch);
        }

        session.Add(batch.BaseSequence, batch.RecordCount, baseOffset);
        session.LastAppend = now;
    }

    /// <summary>Forgets producers that have not written since a time.</summary>
    /// <param name="since">Milliseconds since 1970.</param>
    public void Forget(long since)
    {
        foreach (var (producerId, session) in _sessions)
        {
            if (session.LastAppend < since)
            {
                _sessions.Remove(producerId);
            }
        }
    }

    public void WriteTo(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), _sessions.Count);
        output.Advance(sizeof(int));
        foreach (var (producerId, session) in _sessions)
        {
            session.WriteTo(producerId, output);
        }
    }

    private sealed class Session(short epoch)
    {
        private readonly Queue<(int FirstSequence, int RecordCount, long BaseOffset)> _recent = new(RememberedBatches);

        public short Epoch => epoch;

        public int NextSequence { get; private set; }

        public long LastAppend { get; set; }

        public void Add(int firstSequence, int recordCount, long baseOffset)
        {
            if (_recent.Count == RememberedBatches)
            {
                _recent.Dequeue();
            }

            _recent.Enqueue((firstSequence, recordCount, baseOffset));
            NextSequence = (firstSequence + recordCount) & int.MaxValue; // Wraps to zero, as clients do.
        }

        public bool TryFind(int firstSequence, int recordCount, out long baseOffset)
        {
            foreach (var batch in _recent)
            {
                if (batch.FirstSequence == firstSequence && batch.RecordCount == recordCount)
                {
                    baseOffset = batch.BaseOffset;
                    return true;
                }
            }

            baseOffset = -1;
            return false;
        }

        public void WriteTo(long producerId, IBufferWriter<byte> output)
        {
            var length = SessionHeaderBytes + (_recent.Count * BatchEntryBytes);
            var bytes = output.GetSpan(length);
            BinaryPrimitives.WriteInt64BigEndian(bytes, producerId);
            BinaryPrimitives.WriteInt16BigEndian(bytes[8..], Epoch);
            BinaryPrimitives.WriteInt64BigEndian(bytes[10..], LastAppend);
            bytes[18] = (byte)_recent.Count;
            bytes = bytes[SessionHeaderBytes..];
            foreach (var (firstSequence, recordCount, baseOffset) in _recent)
            {
                BinaryPrimitives.WriteInt32BigEndian(bytes, firstSequence);
                BinaryPrimitives.WriteInt32BigEndian(bytes[4..], recordCount);
                BinaryPrimitives.WriteInt64BigEndian(bytes[8..], baseOffset);
                bytes = bytes[BatchEntryBytes..];
            }

            output.Advance(length);
        }
    }

    private ref struct SnapshotReader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public byte Byte() => Take(1)[0];

        public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short)));

        public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

        public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

        private ReadOnlySpan<byte> Take(int length)
        {
            if (_rest.Length < length)
            {
                throw new InvalidDataException("A producer snapshot ends in the middle of an entry.");
            }

            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
