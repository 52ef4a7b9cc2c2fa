using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Changes stored files behind the engine's back.</summary>
internal static class StoredFiles
{
    /// <summary>Replaces a journal file by what a test makes of its bytes.</summary>
    public static async Task EditAsync(this IJournalStore journals, string name, Func<byte[], byte[]> edit)
    {
        var bytes = await ReadAsync(journals, name);
        await journals.DeleteAsync(name, default);
        await journals.WriteAsync(name, edit(bytes));
    }

    public static async Task WriteAsync(this IJournalStore journals, string name, byte[] bytes)
    {
        await using var writer = await journals.CreateAsync(name, default);
        await writer.AppendAsync(0, bytes, default);
        await writer.FlushAsync(default);
    }

    public static async Task<byte[]> ReadAsync(this IJournalStore journals, string name)
    {
        await using var reader = await journals.OpenAsync(name, default);
        var bytes = new byte[reader.LengthBytes];
        await reader.ReadAsync(0, bytes, default);
        return bytes;
    }

    /// <summary>Replaces a segment by what a test makes of its bytes.</summary>
    public static async Task EditAsync(
        this ISegmentStore segments, PartitionId partition, SegmentName name, Func<byte[], byte[]> edit)
    {
        byte[] bytes;
        await using (var reader = await segments.OpenAsync(partition, name, default))
        {
            bytes = new byte[reader.LengthBytes];
            await reader.ReadAsync(0, bytes, default);
        }

        await segments.DeleteAsync(partition, name, default);
        await segments.WriteAsync(partition, name, edit(bytes));
    }

    public static async Task WriteAsync(
        this ISegmentStore segments, PartitionId partition, SegmentName name, byte[] bytes)
    {
        await using var writer = await segments.CreateAsync(partition, name, default);
        await writer.WriteAsync(bytes, default);
        await writer.CommitAsync(default);
    }

    /// <summary>The bytes with one bit changed.</summary>
    public static byte[] Damage(byte[] bytes, int position)
    {
        var damaged = bytes.ToArray();
        damaged[position] ^= 0x10;
        return damaged;
    }
}
