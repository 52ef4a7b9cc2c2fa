namespace OrleansStream.Protocols.Batches;

/// <summary>A record on its way into a batch. Its format is that of <see cref="RecordCursor"/>.</summary>
internal readonly ref struct RecordDraft
{
    public int OffsetDelta { get; init; }

    public long TimestampDelta { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public bool HasKey { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public bool HasValue { get; init; }

    public ReadOnlySpan<RecordHeader> Headers { get; init; }

    /// <summary>The length that stands in front of the record, which does not count itself.</summary>
    public int Length()
    {
        const int Attributes = 1;
        long length = Attributes + VarInt.SizeBytes(TimestampDelta) + VarInt.SizeBytes(OffsetDelta)
            + SizeBytes(Key, HasKey) + SizeBytes(Value, HasValue) + VarInt.SizeBytes(Headers.Length);
        foreach (var header in Headers)
        {
            length += SizeBytes(header.Key.Span, true);
            length += SizeBytes(header.Value.GetValueOrDefault().Span, header.Value.HasValue);
        }

        return checked((int)length);
    }

    /// <summary>Writes the record behind its length, and returns how many bytes that took.</summary>
    public int Write(Span<byte> bytes, int length)
    {
        var end = VarInt.Write(bytes, length);
        bytes[end++] = 0; // The attributes.
        end += VarInt.Write(bytes[end..], TimestampDelta);
        end += VarInt.Write(bytes[end..], OffsetDelta);
        end += Write(bytes[end..], Key, HasKey);
        end += Write(bytes[end..], Value, HasValue);
        end += VarInt.Write(bytes[end..], Headers.Length);
        foreach (var header in Headers)
        {
            end += Write(bytes[end..], header.Key.Span, true);
            end += Write(bytes[end..], header.Value.GetValueOrDefault().Span, header.Value.HasValue);
        }

        return end;
    }

    private static long SizeBytes(ReadOnlySpan<byte> field, bool exists)
        => exists ? (long)VarInt.SizeBytes(field.Length) + field.Length : VarInt.SizeBytes(-1);

    private static int Write(Span<byte> bytes, ReadOnlySpan<byte> field, bool exists)
    {
        if (!exists)
        {
            return VarInt.Write(bytes, -1);
        }

        var start = VarInt.Write(bytes, field.Length);
        field.CopyTo(bytes[start..]);
        return start + field.Length;
    }
}
