using System.Buffers.Binary;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Load.Workloads;

/// <summary>Records of which a given part is superseded by later ones, anywhere among them.</summary>
/// <remarks>The key is 16 bytes, the value carries the record's number.</remarks>
internal sealed class KeyedRecords
{
    public const int PerBatch = 100;

    private const int KeyBytes = 16;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly int[] _keys;
    private readonly int[] _lastNumbers;

    /// <param name="duplicates">How many of a hundred records are superseded.</param>
    public KeyedRecords(int count, int recordBytes, int duplicates)
    {
        RecordBytes = recordBytes;
        var random = new Random(duplicates);
        var keyCount = count - (int)(count * (long)duplicates / 100);
        _keys = [.. Enumerable.Range(0, count).Select(i => i < keyCount ? i : random.Next(keyCount))];
        random.Shuffle(_keys);
        _lastNumbers = new int[keyCount];
        for (var number = 0; number < count; number++)
        {
            _lastNumbers[_keys[number]] = number;
        }
    }

    public int Count => _keys.Length;

    public int RecordBytes { get; }

    public async Task AppendAsync(IPartition partition)
    {
        var builder = new BatchBuilder();
        var key = new byte[KeyBytes];
        var value = new byte[RecordBytes - KeyBytes];
        new Random(RecordBytes).NextBytes(value);
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var number = 0; number < _keys.Length; number++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, _keys[number]);
            BinaryPrimitives.WriteInt32LittleEndian(value, number);
            builder.Append(key, value, timestamp);
            if (builder.RecordCount == PerBatch || number == _keys.Length - 1)
            {
                var request = new AppendRequest(builder.Build(), Acks.All, s_timeout);
                var reply = await partition.AppendAsync(request, CancellationToken.None);
                WrongResultException.ThrowUnlessEqual(
                    (long)StreamError.None, (long)reply.Error, "The error of an append");
                builder.Reset();
            }
        }
    }

    /// <summary>Of each key the last record is there, and nothing else.</summary>
    /// <exception cref="WrongResultException">A record is missing, or one too many is there.</exception>
    public async Task CheckAsync(IPartition partition)
    {
        var count = 0L;
        for (var offset = 0L; offset < _keys.Length;)
        {
            var reply = await partition.FetchAsync(
                new FetchRequest(offset, 1 << 20, MinBytes: 1, TimeSpan.Zero), CancellationToken.None);
            using var records = reply.Records;
            WrongResultException.ThrowUnlessEqual(1, Math.Min(1, records.LengthBytes), "Fetches with records");
            foreach (var piece in records.Pieces)
            {
                offset = Check(piece.Span, ref count);
            }
        }

        WrongResultException.ThrowUnlessEqual(_lastNumbers.Length, count, "Records left");
    }

    private long Check(ReadOnlySpan<byte> batches, ref long count)
    {
        var offset = -1L;
        for (; BatchHeader.TryRead(batches, out var header); batches = batches[header.TotalBytes..])
        {
            offset = header.NextOffset;
            foreach (var record in new BatchReader(
                batches[BatchHeader.SizeBytes..header.TotalBytes], header.RecordCount))
            {
                count++;
                var number = BinaryPrimitives.ReadInt32LittleEndian(record.Value);
                WrongResultException.ThrowUnlessEqual(
                    header.BaseOffset + record.OffsetDelta, number, "A record's number");
                WrongResultException.ThrowUnlessEqual(
                    _lastNumbers[BinaryPrimitives.ReadInt32LittleEndian(record.Key)], number, "A key's last record");
            }
        }

        return offset;
    }
}
