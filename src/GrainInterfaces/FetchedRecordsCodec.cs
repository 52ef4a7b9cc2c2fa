using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;
using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>Carries fetched records between silos as one run of bytes.</summary>
/// <remarks>
/// <code>
/// field header   wire type "length prefixed"
/// varuint32      the length of all pieces together
/// bytes          the pieces, one behind the other
/// </code>
/// Whoever reads gets one piece that nobody has to release. Inside a silo the value itself is passed on, so that a
/// grain must not answer with memory that is lent to it. See
/// https://learn.microsoft.com/dotnet/orleans/host/configuration-guide/serialization-customization.
/// </remarks>
[RegisterSerializer, RegisterCopier]
internal sealed class FetchedRecordsCodec : IFieldCodec<FetchedRecords?>, IDeepCopier<FetchedRecords?>,
    IOptionalDeepCopier
{
    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, FetchedRecords? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return; // Null, or written before in the same message.
        }

        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(FetchedRecords), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value!.LengthBytes);
        foreach (var piece in value.Pieces)
        {
            writer.Write(piece.Span);
        }
    }

    public FetchedRecords? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<FetchedRecords, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        var bytes = reader.ReadBytes(reader.ReadVarUInt32());
        var records = new FetchedRecords(bytes.Length == 0 ? [] : [bytes], lease: null);
        ReferenceCodec.RecordObject(reader.Session, records);
        return records;
    }

    public FetchedRecords? DeepCopy(FetchedRecords? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}
