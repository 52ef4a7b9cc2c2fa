using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client;

/// <summary>Asks single servers what they speak, how they are configured, and how full they are.</summary>
/// <remarks>Calls are repeated as those of <see cref="Admin"/> are. Thread-safe.</remarks>
public sealed class NodeAdmin
{
    private static readonly ApiKey[] s_used =
    [
        ApiKey.Produce, ApiKey.Fetch, ApiKey.ListOffsets, ApiKey.Metadata, ApiKey.InitProducerId,
        ApiKey.FindCoordinator, ApiKey.JoinGroup, ApiKey.SyncGroup, ApiKey.Heartbeat, ApiKey.LeaveGroup,
        ApiKey.OffsetCommit, ApiKey.OffsetFetch, ApiKey.OffsetDelete,
        ApiKey.ListGroups, ApiKey.DescribeGroups, ApiKey.DeleteGroups,
        ApiKey.CreateTopics, ApiKey.DeleteTopics, ApiKey.CreatePartitions, ApiKey.DeleteRecords,
        ApiKey.DescribeConfigs, ApiKey.IncrementalAlterConfigs,
    ];

    private readonly ClientLink _link;

    internal NodeAdmin(ClientLink link) => _link = link;

    /// <summary>The requests this client sends and the server has no common version of; empty as a rule.</summary>
    public async Task<IReadOnlyList<string>> FindMissingApisAsync(
        int nodeId, CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(nodeId, new ApiVersionsRequest(), cancellationToken).ConfigureAwait(false);
        var served = response.ApiKeys.ToDictionary(range => range.Key);
        return [.. s_used
            .Where(key => ApiVersions.Get(key) is var spoken
                && !(served.TryGetValue(key, out var range) && range.Min <= spoken.Max && range.Max >= spoken.Min))
            .Select(key => key.ToString())];
    }

    /// <summary>The server's own configuration.</summary>
    public async Task<IReadOnlyList<ConfigEntry>> DescribeConfigsAsync(
        int nodeId, CancellationToken cancellationToken = default)
    {
        var resource = new DescribeConfigsResource(ConfigResourceType.Broker, $"{nodeId}", ConfigNames: null);
        var response = await CallAsync(
            nodeId, new DescribeConfigsRequest([resource], IncludeDocumentation: true), cancellationToken)
            .ConfigureAwait(false);
        var described = response.Resources[0];
        StreamException.ThrowIf(described.Error, $"Configuration of node {nodeId}", described.ErrorMessage);
        return [.. described.Configs.Select(config => ConfigEntry.Of(config, config.Source == ConfigSource.Default))];
    }

    /// <summary>What the server stores, directory by directory.</summary>
    public async Task<IReadOnlyList<StorageInfo>> DescribeStorageAsync(
        int nodeId, CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(nodeId, new DescribeLogDirsRequest(Topics: null), cancellationToken)
            .ConfigureAwait(false);
        StreamException.ThrowIf(response.Error, $"Storage of node {nodeId}");
        return [.. response.LogDirs.Select(directory => new StorageInfo(
            directory.Path,
            directory.Error == ErrorCode.None,
            directory.Topics.SelectMany(topic => topic.Partitions).Sum(log => log.SizeBytes),
            directory.TotalBytes,
            directory.UsableBytes))];
    }

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        int nodeId, IKafkaRequest<TRequest, TResponse> request, CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
        => _link.RetryAsync(
            async () =>
            {
                // Where the node is, is learnt on the way.
                await _link.Topics.AskAsync([], mayCreate: false, cancellationToken).ConfigureAwait(false);
                return await _link.CallAsync(nodeId, Lane.Control, request, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
}

/// <summary>A directory, or another place, where a server stores records.</summary>
/// <param name="Path">As the server names it.</param>
/// <param name="IsUsable">Whether it works.</param>
/// <param name="UsedBytes">What the partitions in it take.</param>
/// <param name="TotalBytes">Of its volume; -1 where the server does not say.</param>
/// <param name="FreeBytes">Of its volume; -1 where the server does not say.</param>
public sealed record StorageInfo(string Path, bool IsUsable, long UsedBytes, long TotalBytes, long FreeBytes);
