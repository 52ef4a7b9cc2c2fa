using System.Buffers;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>Derives a segment's footer from the batches that go into it, one after another.</summary>
/// <remarks>
/// Used alike for a tail that is written out, for a journal that is read back and for segments that are merged. Not
/// thread-safe: the job that writes the segment owns it.
/// </remarks>
/// <param name="producers">The producers as of the segment's first offset; this takes them over.</param>
/// <param name="epochs">The epochs up to the segment's first offset; they are carried on in the footer.</param>
public sealed class SegmentBuilder(ProducerSequences producers, IEnumerable<EpochStart> epochs)
{
    private const int IndexIntervalBytes = 4_096;

    private readonly EpochHistory _epochs = new(epochs);
    private readonly List<SegmentIndexEntry> _index = [];
    private long _maxTimestamp = -1;
    private long _positionBytes;
    private long _nextOffset;

    /// <summary>The bytes of all batches so far.</summary>
    public long BatchBytes => _positionBytes;

    /// <summary>Takes in one or more whole batches that lie one after another.</summary>
    /// <param name="now">Milliseconds since 1970, for producers whose last append is not known.</param>
    /// <exception cref="InvalidDataException">The bytes do not end with a whole batch.</exception>
    public void Add(ReadOnlySpan<byte> batches, long now)
    {
        while (!batches.IsEmpty)
        {
            if (!BatchHeader.TryRead(batches, out var header)
                || header.BatchLength < BatchHeader.SizeBytes - BatchHeader.LengthPrefixBytes
                || header.TotalBytes > batches.Length)
            {
                throw new InvalidDataException($"No whole batch follows offset {_nextOffset}.");
            }

            AddBatch(header, now);
            batches = batches[header.TotalBytes..];
        }
    }

    public SegmentFooter Build()
    {
        var snapshot = new ArrayBufferWriter<byte>();
        producers.WriteTo(snapshot);

        // The last entry must know the largest timestamp of all, also of batches behind it.
        if (_index.Count > 0)
        {
            _index[^1] = _index[^1] with { MaxTimestamp = _maxTimestamp };
        }

        return new SegmentFooter(_positionBytes, _nextOffset, _index, _epochs.Starts, snapshot.WrittenMemory);
    }

    private void AddBatch(in BatchHeader header, long now)
    {
        if (_index.Count == 0 || _positionBytes - _index[^1].Position >= IndexIntervalBytes)
        {
            if (_index.Count > 0)
            {
                _index[^1] = _index[^1] with { MaxTimestamp = _maxTimestamp };
            }

            _index.Add(new SegmentIndexEntry(header.BaseOffset, (int)_positionBytes, _maxTimestamp));
        }

        _maxTimestamp = Math.Max(_maxTimestamp, header.MaxTimestamp);
        _epochs.Record(header.LeaderEpoch, header.BaseOffset);
        if (header.HasProducer)
        {
            producers.Apply(header, header.BaseOffset, now);
        }

        _positionBytes += header.TotalBytes;
        _nextOffset = header.NextOffset;
    }
}
