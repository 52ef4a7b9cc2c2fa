using System.Runtime.InteropServices;

namespace OrleansStream.AzureStorage.Blobs;

/// <summary>Shows memory to the Azure libraries as the stream they ask for, without a copy.</summary>
internal static class BorrowedStream
{
    public static MemoryStream Over(ReadOnlyMemory<byte> bytes)
        => MemoryMarshal.TryGetArray(bytes, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
}
