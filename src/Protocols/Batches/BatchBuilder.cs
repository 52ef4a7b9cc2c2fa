using System.Buffers;

namespace OrleansStream.Protocols.Batches;

/// <summary>Builds record batches, one after the other, in memory that it keeps.</summary>
/// <remarks>
/// Append records, build, reset. The records stand encoded in the builder's buffer behind room for the header, so an
/// uncompressed batch is finished in place and nothing is allocated once the buffer has grown to size. A builder of
/// rented memory has to be released or abandoned, any other need not. Not thread-safe.
/// </remarks>
public sealed class BatchBuilder
{
    private const int InitialBytes = 1_024;

    private readonly bool _isRented;
    private readonly GrowingBuffer _plain;
    private GrowingBuffer? _compressed;
    private long _baseTimestamp = BatchLimits.NoTimestamp;
    private long _maxTimestamp = BatchLimits.NoTimestamp;
    private long _producerId = -1;
    private short _producerEpoch = -1;
    private int _baseSequence = -1;

    /// <summary>Builds in memory of the heap.</summary>
    public BatchBuilder()
        : this(InitialBytes, isRented: false)
    {
    }

    private BatchBuilder(int capacityBytes, bool isRented)
    {
        _isRented = isRented;
        _plain = new GrowingBuffer(capacityBytes, isRented);
        SkipHeader(_plain);
    }

    public int RecordCount { get; private set; }

    /// <summary>How large the batch is so far, header included, without compression.</summary>
    public int SizeBytes => _plain.WrittenBytes;

    /// <summary>Builds in rented memory, of which it takes so much at first.</summary>
    public static BatchBuilder Rent(int capacityBytes) => new(capacityBytes, isRented: true);

    /// <summary>Drops the records and the producer, to begin the next batch.</summary>
    public void Reset()
    {
        _plain.Clear();
        SkipHeader(_plain);
        RecordCount = 0;
        _baseTimestamp = _maxTimestamp = BatchLimits.NoTimestamp;
        SetProducer(-1, -1, -1);
    }

    /// <summary>Marks the batch as the work of an idempotent producer; all three are -1 for none.</summary>
    public void SetProducer(long producerId, short producerEpoch, int baseSequence)
        => (_producerId, _producerEpoch, _baseSequence) = (producerId, producerEpoch, baseSequence);

    /// <summary>Adds a record without a key.</summary>
    public void Append(ReadOnlySpan<byte> value, long timestamp)
        => Append(default, hasKey: false, value, hasValue: true, [], timestamp);

    /// <summary>Adds a record with a key and a value, either of which may be empty.</summary>
    public void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp, ReadOnlySpan<RecordHeader> headers = default)
        => Append(key, hasKey: true, value, hasValue: true, headers, timestamp);

    /// <summary>Adds a record.</summary>
    /// <param name="timestamp">Milliseconds since 1970, -1 for none. The first record's is the batch's base.</param>
    public void Append(
        ReadOnlySpan<byte> key,
        bool hasKey,
        ReadOnlySpan<byte> value,
        bool hasValue,
        ReadOnlySpan<RecordHeader> headers,
        long timestamp)
    {
        if (RecordCount == 0)
        {
            _baseTimestamp = _maxTimestamp = timestamp;
        }

        var record = new RecordDraft
        {
            OffsetDelta = RecordCount,
            TimestampDelta = unchecked(timestamp - _baseTimestamp),
            Key = key,
            HasKey = hasKey,
            Value = value,
            HasValue = hasValue,
            Headers = headers,
        };
        var length = record.Length();
        var target = _plain.GetSpan(checked(VarInt.SizeBytes(length) + length));
        _plain.Advance(record.Write(target, length));
        _maxTimestamp = Math.Max(_maxTimestamp, timestamp);
        RecordCount++;
    }

    /// <summary>The batch of what was appended, which may be nothing. Valid until the builder is used again.</summary>
    /// <exception cref="NotSupportedException">The codec is <see cref="CompressionCodec.Zstd"/>.</exception>
    public ReadOnlyMemory<byte> Build(CompressionCodec codec = CompressionCodec.None)
    {
        if (codec == CompressionCodec.None)
        {
            Finish(_plain.WrittenSpan, codec);
            return _plain.WrittenMemory;
        }

        _compressed ??= new GrowingBuffer(SizeBytes, _isRented);
        _compressed.Clear();
        SkipHeader(_compressed);
        BatchCompression.Compress(codec, _plain.WrittenSpan[BatchHeader.SizeBytes..], _compressed);
        Finish(_compressed.WrittenSpan, codec);
        return _compressed.WrittenMemory;
    }

    /// <summary>The same, written where the caller wants it.</summary>
    public void Build(CompressionCodec codec, IBufferWriter<byte> output) => output.Write(Build(codec).Span);

    /// <summary>Gives rented memory back; the builder is not to be used any more.</summary>
    public void Release()
    {
        _plain.Release();
        _compressed?.Release();
    }

    /// <summary>Leaves rented memory to the garbage collector, because somebody may still be reading a batch.</summary>
    public void Abandon()
    {
        _plain.Abandon();
        _compressed?.Abandon();
    }

    private static void SkipHeader(GrowingBuffer buffer)
    {
        buffer.GetSpan(BatchHeader.SizeBytes);
        buffer.Advance(BatchHeader.SizeBytes);
    }

    private void Finish(Span<byte> batch, CompressionCodec codec)
    {
        var header = new BatchHeader
        {
            BatchLength = batch.Length - BatchHeader.LengthPrefixBytes,
            LeaderEpoch = -1,
            Magic = BatchHeader.CurrentMagic,
            Attributes = (short)codec,
            LastOffsetDelta = RecordCount - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = _maxTimestamp,
            ProducerId = _producerId,
            ProducerEpoch = _producerEpoch,
            BaseSequence = _baseSequence,
            RecordCount = RecordCount,
        };
        header.Write(batch);
        BatchStamp.SetCrc(batch);
    }
}
