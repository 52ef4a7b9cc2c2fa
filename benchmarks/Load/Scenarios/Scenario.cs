namespace OrleansStream.Load.Scenarios;

/// <summary>A group of cases that can be asked for by name.</summary>
internal sealed record Scenario(string Name, string Summary, Func<LoadRun, Task> RunAsync)
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("limit", "what the machine itself does", LimitScenario.RunAsync),
        new("flin-publish", "64 workers, one record per request, in process", FlinPublish.RunInProcessAsync),
        new("flin-publish-tcp", "64 workers, one record per request, over TCP", FlinPublish.RunOverTcpAsync),
        new("flin-consume", "64 workers, ten records per request", FlinConsume.RunAsync),
        new("takhin-append", "batches, producers, partitions and topics in process", TakhinAppend.RunAsync),
        new("takhin-fetch", "sequential and random reads in process", TakhinFetch.RunAsync),
        new("takhin-latency", "produce and fetch at a fixed rate in process", TakhinLatency.RunAsync),
        new("takhin-balance", "how evenly hashed keys spread over partitions", TakhinBalance.RunAsync),
        new("takhin-compaction", "a compacted partition, in memory and on disk", TakhinCompaction.RunAsync),
        new("compaction-latency", "appends while other partitions are compacted", CompactionLatency.RunAsync),
        new("streamhouse-coldread", "a consumer of old segments, on disk and on Azurite", StreamhouseColdread.RunAsync),
        new("opening", "a partition with few and with many segments", Opening.RunAsync),
        new("fetch-tcp", "large fetches over TCP by our own client", FetchOverTcp.RunAsync),
        new("allocations", "bytes allocated by an append", Allocations.RunAsync),
        new("groups", "rebalances of 1, 10 and 100 members, and commits of 64 groups", Groups.RunAsync),
        new("recovery", "opening again what was killed", Recovery.RunAsync),
        new("clients", "librdkafka against a silo, its own mock broker, and Redis", ClientPrograms.RunAsync),
        new("dotnet-client", "our client against librdkafka", DotnetClient.RunAsync),
    ];
}
