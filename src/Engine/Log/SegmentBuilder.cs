using System.Buffers;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>Derives a segment's footer from the batches that go into it, one after another.</summary>
/// <remarks>
/// Used alike for a tail that is written out, for a journal that is read back and for segments that are merged. Not
/// thread-safe: the job that writes the segment owns it.
/// </remarks>
public sealed class SegmentBuilder
{
    private const int IndexIntervalBytes = 4_096;

    private readonly ProducerSequences? _producers;
    private readonly ReadOnlyMemory<byte> _finalProducers;
    private readonly EpochHistory _epochs;
    private readonly List<SegmentIndexEntry> _index = [];
    private long _maxTimestamp = -1;
    private long _positionBytes;
    private long _nextOffset;

    private SegmentBuilder(
        long baseOffset, EpochHistory epochs, ProducerSequences? producers, ReadOnlyMemory<byte> finalProducers)
    {
        _nextOffset = baseOffset;
        _epochs = epochs;
        _producers = producers;
        _finalProducers = finalProducers;
    }

    /// <summary>The bytes of all batches so far.</summary>
    public long BatchBytes => _positionBytes;

    /// <summary>Whether there is a producer to remember.</summary>
    public bool HasProducers => _producers is { Count: > 0 };

    /// <summary>For a segment that continues a log.</summary>
    /// <param name="epochs">The epochs up to the segment's first offset; they are carried on.</param>
    /// <param name="producers">The producers as of the segment's first offset, encoded; empty for none.</param>
    public static SegmentBuilder After(
        long baseOffset, IReadOnlyList<EpochStart> epochs, ReadOnlyMemory<byte> producers)
        => new(
            baseOffset,
            new EpochHistory(epochs),
            producers.IsEmpty ? new ProducerSequences() : ProducerSequences.Read(producers.Span),
            default);

    /// <summary>For a segment that takes the place of others, which end with this one.</summary>
    public static SegmentBuilder Merging(SegmentFooter last)
        => new(baseOffset: 0, new EpochHistory(last.Epochs), null, last.Producers);

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

    /// <summary>Leaves out producers that have not written since a time, in milliseconds since 1970.</summary>
    public void ForgetProducers(long since) => _producers?.Forget(since);

    public SegmentFooter Build()
    {
        // The last entry must know the largest timestamp of all, also of batches behind it.
        if (_index.Count > 0)
        {
            _index[^1] = _index[^1] with { MaxTimestamp = _maxTimestamp };
        }

        return new SegmentFooter(_positionBytes, _nextOffset, _index, _epochs.Starts, EncodeProducers());
    }

    private ReadOnlyMemory<byte> EncodeProducers()
    {
        if (_producers is null)
        {
            return _finalProducers;
        }

        var snapshot = new ArrayBufferWriter<byte>();
        _producers.WriteTo(snapshot);
        return snapshot.WrittenMemory;
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
        if (header.HasProducer && _producers is not null)
        {
            _producers.Apply(header, header.BaseOffset, now);
        }

        _positionBytes += header.TotalBytes;
        _nextOffset = header.NextOffset;
    }
}
