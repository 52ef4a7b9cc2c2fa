using System.Buffers.Binary;

namespace OrleansStream.Crash.Model;

/// <summary>Which record it is: who sent it, and the how manieth of that sender it is.</summary>
/// <remarks>
/// The value of a record: sender (int32), sequence (int32), then filler of any length, each byte the lowest of the
/// sequence. Big-endian.
/// </remarks>
internal readonly record struct RecordId(int Sender, int Sequence)
{
    public const int SizeBytes = 2 * sizeof(int);

    private byte Filler => (byte)Sequence;

    public void WriteTo(Span<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(value, Sender);
        BinaryPrimitives.WriteInt32BigEndian(value[sizeof(int)..], Sequence);
        value[SizeBytes..].Fill(Filler);
    }

    /// <summary>False when no sender ever sent such a value.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, out RecordId record)
    {
        if (value.Length < SizeBytes)
        {
            record = default;
            return false;
        }

        record = new RecordId(
            BinaryPrimitives.ReadInt32BigEndian(value), BinaryPrimitives.ReadInt32BigEndian(value[sizeof(int)..]));
        return !value[SizeBytes..].ContainsAnyExcept(record.Filler);
    }

    public override string ToString() => $"record {Sequence} of sender {Sender}";
}
