using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Limits;

/// <summary>What the disk under the benchmark's files does, with nothing of ours in between.</summary>
internal static class DiskLimit
{
    private const int BlockBytes = 1_024 * 1_024;

    /// <summary>Appends a few bytes to one file and syncs, again and again.</summary>
    /// <param name="appendBytes">How much is written before each sync.</param>
    /// <returns>Syncs.</returns>
    public static Throughput MeasureSyncs(string directory, int appendBytes, TimeSpan time)
    {
        using var file = Create(Path.Combine(directory, "syncs"));
        var bytes = new byte[appendBytes];
        var count = 0L;
        var start = Stopwatch.GetTimestamp();
        do
        {
            RandomAccess.Write(file, bytes, count * appendBytes);
            SystemCalls.SyncData(file);
            count++;
        }
        while (Stopwatch.GetElapsedTime(start) < time);

        return new(count, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Writes one file from front to back and syncs once at its end.</summary>
    /// <returns>Bytes.</returns>
    public static Throughput MeasureWrite(string path, long lengthBytes)
    {
        using var file = Create(path);
        var block = new byte[BlockBytes];
        new Random(1).NextBytes(block);
        var start = Stopwatch.GetTimestamp();
        for (var position = 0L; position < lengthBytes; position += block.Length)
        {
            RandomAccess.Write(file, block.AsSpan(0, (int)Math.Min(block.Length, lengthBytes - position)), position);
        }

        SystemCalls.SyncData(file);
        return new(lengthBytes, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Reads files from front to back.</summary>
    /// <param name="isCold">From the disk; else from wherever the system has them.</param>
    /// <returns>Bytes.</returns>
    public static Throughput MeasureRead(IReadOnlyList<string> paths, bool isCold)
    {
        if (isCold)
        {
            DropFromCache(paths);
        }

        var block = new byte[BlockBytes];
        var start = Stopwatch.GetTimestamp();
        var total = 0L;
        foreach (var path in paths)
        {
            using var file = File.OpenHandle(path);
            var position = 0L;
            while (RandomAccess.Read(file, block, position) is var count && count > 0)
            {
                position += count;
            }

            total += position;
        }

        return new(total, Stopwatch.GetElapsedTime(start));
    }

    public static void DropFromCache(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            SystemCalls.DropFromCache(path);
        }
    }

    private static SafeFileHandle Create(string path)
        => File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
}
