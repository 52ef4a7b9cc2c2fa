using System.Diagnostics.Metrics;

namespace OrleansStream.Engine.Hosting;

/// <summary>Counts what the engine does, under the meter <c>OrleansStream.Engine</c>.</summary>
public static class EngineMetrics
{
    public const string MeterName = "OrleansStream.Engine";

    private static readonly Meter s_meter = new(MeterName);

    internal static Counter<long> CacheHits { get; } = s_meter.CreateCounter<long>(
        "ostream.cache.hits", "{read}", "Reads of a block of a segment that was in memory, or on its way there.");

    internal static Counter<long> CacheMisses { get; } = s_meter.CreateCounter<long>(
        "ostream.cache.misses", "{read}", "Reads of a block of a segment that had to be fetched for them.");

    internal static Counter<long> CachePrefetched { get; } = s_meter.CreateCounter<long>(
        "ostream.cache.prefetched", "{block}", "Blocks fetched before anybody asked for them.");

    internal static Counter<long> CacheWasted { get; } = s_meter.CreateCounter<long>(
        "ostream.cache.wasted", "{block}", "Blocks fetched ahead that went before anybody asked for them.");

    internal static UpDownCounter<long> CacheBytes { get; } = s_meter.CreateUpDownCounter<long>(
        "ostream.cache.bytes", "By", "Memory that blocks of segments take.");
}
