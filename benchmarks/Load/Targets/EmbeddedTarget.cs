using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage.Local;

namespace OrleansStream.Load.Targets;

/// <summary>A cluster in this process, on local files that are synced.</summary>
internal sealed class EmbeddedTarget(LocalCluster cluster) : ILoadTarget
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public string Place => "in process";

    public static async Task<EmbeddedTarget> OpenAsync(string directory)
        => new(await LocalCluster.OpenAsync(
            async token => await LocalStorage.OpenAsync(directory, JournalSync.Always, token),
            new EngineOptions(),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            CancellationToken.None));

    public async Task CreateTopicAsync(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        var reply = await cluster.Topics.CreateAsync(new(name, partitions, configs), CancellationToken.None);
        ThrowIfRefused(name, reply);
    }

    public async Task DeleteTopicAsync(string name)
        => ThrowIfRefused(name, await cluster.Topics.DeleteAsync(name, CancellationToken.None));

    public async Task<IPartitionClient> OpenPartitionAsync(string topic, int partition)
    {
        var found = await cluster.Topics.FindAsync(topic, CancellationToken.None)
            ?? throw new WrongResultException($"Topic {topic} is not there.");
        var client = new Client(cluster.GetPartition(new(found.Id, partition)));

        // The first call opens the partition, which is not to be measured.
        await client.FetchAsync(0, 0, TimeSpan.Zero);
        return client;
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private static void ThrowIfRefused(string topic, in TopicReply reply)
    {
        if (reply.Error != StreamError.None)
        {
            throw new WrongResultException($"Topic {topic}: {reply.Error} {reply.Message}");
        }
    }

    private sealed class Client(IPartition partition) : IPartitionClient
    {
        private FetchedRecords? _last;

        public ValueTask<AppendReply> AppendAsync(ReadOnlyMemory<byte> batch, Acks acks)
            => partition.AppendAsync(new AppendRequest(batch, acks, s_timeout), CancellationToken.None);

        public async ValueTask<FetchReply> FetchAsync(long offset, int maxBytes, TimeSpan maxWait)
        {
            _last?.Dispose();
            var reply = await partition.FetchAsync(
                new FetchRequest(offset, maxBytes, MinBytes: 1, maxWait), CancellationToken.None);
            _last = reply.Records;
            return reply;
        }

        public void Dispose() => _last?.Dispose();
    }
}
