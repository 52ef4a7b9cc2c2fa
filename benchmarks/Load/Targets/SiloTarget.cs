using OrleansStream.TestKit.Clients;

namespace OrleansStream.Load.Targets;

/// <summary>A silo in a process of its own, which takes what it needs of the same processors.</summary>
internal sealed class SiloTarget : ILoadTarget
{
    private readonly SiloProcess _silo;

    private SiloTarget(SiloProcess silo) => _silo = silo;

    public string Place => "over TCP";

    /// <summary>Host and port.</summary>
    public string Address => _silo.KafkaAddress;

    public static async Task<SiloTarget> StartAsync(string directory) => new(await SiloProcess.StartAsync(directory));

    public async Task CreateTopicAsync(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        using var connection = await KafkaLoadConnection.OpenAsync(Address);
        await connection.CreateTopicAsync(name, partitions, configs);
    }

    public async Task DeleteTopicAsync(string name)
    {
        using var connection = await KafkaLoadConnection.OpenAsync(Address);
        await connection.DeleteTopicAsync(name);
    }

    public async Task<IPartitionClient> OpenPartitionAsync(string topic, int partition)
        => new KafkaPartitionClient(await KafkaLoadConnection.OpenAsync(Address), topic, partition);

    /// <exception cref="WrongResultException">The silo did not end as it should.</exception>
    public async ValueTask DisposeAsync()
    {
        await using (_silo)
        {
            WrongResultException.ThrowUnlessEqual(0, await _silo.TerminateAsync(), "The silo's exit code");
        }
    }
}
