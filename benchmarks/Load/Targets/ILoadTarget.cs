using OrleansStream.Contracts;

namespace OrleansStream.Load.Targets;

/// <summary>The system under load: in this process, or a silo of its own behind TCP.</summary>
internal interface ILoadTarget : IAsyncDisposable
{
    /// <summary>In process, or over TCP: part of every figure's setting.</summary>
    string Place { get; }

    Task CreateTopicAsync(string name, int partitions, IReadOnlyDictionary<string, string> configs);

    /// <summary>Deletes a topic, so that what is in it burdens no later case.</summary>
    Task DeleteTopicAsync(string name);

    /// <summary>A way to one partition for one worker; over TCP a connection of its own.</summary>
    Task<IPartitionClient> OpenPartitionAsync(string topic, int partition);
}

/// <summary>Appends to and reads from one partition, one request at a time.</summary>
internal interface IPartitionClient : IDisposable
{
    ValueTask<AppendReply> AppendAsync(ReadOnlyMemory<byte> batch, Acks acks);

    /// <summary>Whole batches from an offset on. The records are valid until the next call.</summary>
    /// <param name="maxWait">How long to wait for the first batch.</param>
    ValueTask<FetchReply> FetchAsync(long offset, int maxBytes, TimeSpan maxWait = default);
}
