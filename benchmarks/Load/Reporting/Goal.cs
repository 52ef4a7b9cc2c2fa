namespace OrleansStream.Load.Reporting;

/// <summary>What a figure has to reach, in relation to a limit or a peer that was measured beside it.</summary>
/// <param name="Work">What is done.</param>
/// <param name="Figure">The name of the figure.</param>
/// <param name="Ratio">The figure divided by its comparison must be at least this.</param>
/// <param name="IsPeer">Whether it is compared with another system, which it may outdo; a limit it cannot.</param>
internal sealed record Goal(string Work, string Figure, double Ratio, bool IsPeer = false)
{
    /// <summary>
    /// Above this ratio to a limit, the machine was busier while the limit was measured: the figure says nothing.
    /// </summary>
    private const double MostCredible = 1.05;

    public static IReadOnlyList<Goal> All { get; } =
    [
        new("append in process, acks=1, 64 x 64, 1 KB", "flin-publish/in-process/memory/1024", 0.5),
        new("append in process, acks=all, synced, 64 x 64, 256 B", "flin-publish/in-process/synced/256", 0.8),
        new("produce over TCP by librdkafka, acks=1", "clients/produce/acks=1", 0.4, IsPeer: true),
        new("the same, beside Redis streams", "clients/produce/beside-redis", 2, IsPeer: true),
        new("fetch over TCP by our own client, warm", "fetch-tcp/1024", 0.5),
        new("produce by our client, 100 B", "dotnet-client/produce/100/none", 1, IsPeer: true),
        new("produce by our client, 100 B, lz4", "dotnet-client/produce/100/lz4", 1, IsPeer: true),
        new("produce by our client, 1 KB", "dotnet-client/produce/1024/none", 1, IsPeer: true),
        new("produce by our client, 1 KB, lz4", "dotnet-client/produce/1024/lz4", 1, IsPeer: true),
        new("consume by our client, 100 B", "dotnet-client/consume/100/none", 1, IsPeer: true),
        new("consume by our client, 100 B, lz4", "dotnet-client/consume/100/lz4", 1, IsPeer: true),
        new("consume by our client, 1 KB", "dotnet-client/consume/1024/none", 1, IsPeer: true),
        new("consume by our client, 1 KB, lz4", "dotnet-client/consume/1024/lz4", 1, IsPeer: true),
        new("recovery after kill -9, cold", "recovery/reopen", 0.5),
        new("block cache hits of a consumer, local", "streamhouse-coldread/local-block-cache/sequential/hits", 0.95),
        new("block cache hits of a consumer, Azurite", "streamhouse-coldread/azurite/sequential/hits", 0.95),
    ];

    /// <summary>What to say about a ratio that was measured.</summary>
    public string Judge(double ratio)
        => ratio > MostCredible && !IsPeer ? "noise"
            : ratio >= Ratio ? "yes"
            : "no";
}

/// <summary>What a figure must not exceed.</summary>
/// <param name="Figure">The name of the figure.</param>
/// <param name="Most">In the unit of the figure.</param>
internal sealed record Bound(string Work, string Figure, double Most)
{
    public static IReadOnlyList<Bound> All { get; } =
    [
        new("bytes allocated by an append in process, acks=1", "allocations/memory", 1),
        new("bytes allocated by an append in process, acks=all", "allocations/synced", 1),
        new("compaction of 100 MB in memory, 1 KB, 50 %", "takhin-compaction/memory/10x1024/50%/100MB", 100),
        new("compaction of 100 MB in memory, 100 B, 50 %", "takhin-compaction/memory/10x100/50%/100MB", 100),
        new("bytes allocated by our client, consumed 100 B", "dotnet-client/consume/100/none/allocated", 100),
        new("bytes allocated by our client, consumed 100 B, lz4", "dotnet-client/consume/100/lz4/allocated", 100),
        new("bytes allocated by our client, consumed 1 KB", "dotnet-client/consume/1024/none/allocated", 100),
        new("bytes allocated by our client, consumed 1 KB, lz4", "dotnet-client/consume/1024/lz4/allocated", 100),
        new("p99 of a cold poll of 10 partitions, local disk", "streamhouse-coldread/local/poll-10", 10),
        new("p99 of a cold poll of 100 partitions, local disk", "streamhouse-coldread/local/poll-100", 10),
        new("opening a partition with 10,000 segments", "opening/partition", 1_000),
        new("imbalance of hashed keys over partitions", "takhin-balance/32", 5),
    ];
}

/// <summary>What a figure has to reach by itself.</summary>
/// <param name="Figure">The name of the figure.</param>
/// <param name="Least">In the unit of the figure.</param>
internal sealed record Floor(string Work, string Figure, double Least)
{
    public static IReadOnlyList<Floor> All { get; } =
    [
        new("compaction, read and written, disk, 1 KB, 30 %", "takhin-compaction/disk/10x1024/30%", 1e9),
        new("compaction, read and written, disk, 1 KB, 50 %", "takhin-compaction/disk/10x1024/50%", 1e9),
        new("compaction, read and written, disk, 1 KB, 70 %", "takhin-compaction/disk/10x1024/70%", 1e9),
        new("compaction, read and written, disk, 100 B, 50 %", "takhin-compaction/disk/10x100/50%", 1e9),
        new("compaction, read and written, memory, 100 B, 50 %", "takhin-compaction/memory/10x100/50%", 1e9),
    ];
}

/// <summary>
/// What another system reached in another run, on a machine of the same kind: for orientation, never a ratio of one
/// run.
/// </summary>
internal sealed record Orientation(string Work, string Figure, string System, double Value, double Factor)
{
    public static IReadOnlyList<Orientation> All { get; } =
    [
        new("produce, librdkafka, acks=1", "clients/produce/acks=1", "Apache Kafka 2.4.1, no fsync", 181_000, 4),
        new("produce, librdkafka, acks=all synced", "clients/produce/acks=all", "Apache Kafka 2.4.1, no fsync",
            181_000, 2),
        new("fetch, librdkafka, warm", "clients/fetch", "Apache Kafka 2.4.1", 528_000, 3),
        new("publish over TCP, 256 B", "flin-publish/tcp/journaled/256", "flin", 113_910, 1),
        new("publish over TCP, 1 KB", "flin-publish/tcp/journaled/1024", "flin", 94_680, 1),
        new("consume over TCP, 256 B", "flin-consume/tcp/again/256", "flin", 55_780, 1),
        new("consume over TCP, 1 KB", "flin-consume/tcp/again/1024", "flin", 26_920, 1),
    ];
}
