using System.Buffers.Binary;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Load.Workloads;

/// <summary>Builds the batches of one worker: each record carries its number, and bytes that do not compress.</summary>
/// <remarks>
/// Like a client that encodes what it sends: the value is written, the record is encoded and the CRC computed for every
/// batch. The timestamp is read once, so that no clock is measured. Not thread-safe.
/// </remarks>
internal sealed class NumberedRecords
{
    private readonly BatchBuilder _builder = new();
    private readonly byte[] _value;
    private readonly long _timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public NumberedRecords(int recordBytes)
    {
        _value = ValueOf(recordBytes);
    }

    /// <summary>The number of the next record.</summary>
    public long Next { get; private set; }

    /// <summary>A batch of the next records. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Build(int recordCount)
    {
        _builder.Reset();
        for (var i = 0; i < recordCount; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_value, Next++);
            _builder.Append(_value, _timestamp);
        }

        return _builder.Build();
    }

    /// <summary>How many bytes a batch of so many of these records has.</summary>
    public static int BatchBytes(int recordBytes, int recordCount)
        => new NumberedRecords(recordBytes).Build(recordCount).Length;

    /// <summary>The number in a record.</summary>
    /// <exception cref="WrongResultException">The bytes after the number are not those that were sent.</exception>
    public static long Verify(ReadOnlySpan<byte> value)
    {
        var expected = ValueOf(value.Length);
        return value[sizeof(long)..].SequenceEqual(expected.AsSpan(sizeof(long)))
            ? BinaryPrimitives.ReadInt64LittleEndian(value)
            : throw new WrongResultException($"A record of {value.Length} bytes came back with other bytes.");
    }

    private static byte[] ValueOf(int recordBytes)
    {
        var value = new byte[recordBytes];
        new Random(recordBytes).NextBytes(value);
        return value;
    }
}
