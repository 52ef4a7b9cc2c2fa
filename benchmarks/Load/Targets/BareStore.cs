using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Load.Targets;

/// <summary>A store that is used without a cluster.</summary>
internal static class BareStore
{
    public static Task<LogStore> OpenAsync(IStorage storage)
        => LogStore.OpenAsync(
            storage, new EngineOptions(), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);

    public static async Task<TopicDescription> CreateTopicAsync(
        this LogStore store, string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        var created = await store.Topics.CreateAsync(new(name, partitions, configs), CancellationToken.None);
        WrongResultException.ThrowUnlessEqual((long)StreamError.None, (long)created.Error, "The error of a creation");
        return created.Topic!;
    }

    public static async Task<PartitionHost[]> OpenPartitionsAsync(this LogStore store, TopicDescription topic)
    {
        var partitions = new PartitionHost[topic.PartitionCount];
        for (var i = 0; i < partitions.Length; i++)
        {
            partitions[i] = await store.OpenPartitionAsync(new(topic.Id, i), new SingleTurn(), CancellationToken.None)
                ?? throw new WrongResultException($"Partition {i} of topic {topic.Name} is not there.");
        }

        return partitions;
    }
}
