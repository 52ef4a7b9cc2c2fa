using System.Security.Cryptography;

namespace OrleansStream.Client.Connections;

/// <summary>Chance where nothing depends on it: pauses, and partitions of records without a key.</summary>
internal static class Jitter
{
    private static readonly ThreadLocal<Random> s_random = new(
        () => new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));

    /// <summary>From 0 up to, and not including, 1.</summary>
    public static double NextDouble() => s_random.Value!.NextDouble();

    /// <summary>From 0 up to, and not including, the bound.</summary>
    public static int Next(int bound) => s_random.Value!.Next(bound);
}
