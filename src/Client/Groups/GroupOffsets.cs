using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Groups;

/// <summary>As whom offsets are committed.</summary>
/// <param name="Generation">-1 for somebody who is no member.</param>
internal readonly record struct Committer(int Generation, string MemberId, string? InstanceId)
{
    public static Committer Nobody { get; } = new(-1, "", null);
}

/// <summary>How far a group has read, as its coordinator keeps it.</summary>
internal sealed class GroupOffsets(ClientLink link, string groupId, Coordinator coordinator)
{
    /// <summary>What is committed; a partition without an offset is left out.</summary>
    /// <param name="partitions">Null for all there are.</param>
    public async Task<Dictionary<TopicPartition, long>> FetchAsync(
        IReadOnlyCollection<TopicPartition>? partitions, CancellationToken cancellationToken)
    {
        var topics = partitions?
            .GroupBy(partition => partition.Topic)
            .Select(topic => new PartitionNumbers(topic.Key, [.. topic.Select(partition => partition.Partition)]))
            .ToArray();
        var request = new OffsetFetchRequest([new OffsetFetchGroup(groupId, topics)], RequireStable: true);
        var response = await coordinator.CallAsync(
            Lane.Control, request, ErrorOf, null, cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(ErrorOf(response), $"Offsets of {groupId}");
        return response.Groups[0].Topics
            .SelectMany(topic => topic.Partitions, (topic, found) => (Topic: topic.Name, Found: found))
            .Where(entry => entry.Found.Offset >= 0)
            .ToDictionary(entry => new TopicPartition(entry.Topic, entry.Found.Index), entry => entry.Found.Offset);
    }

    /// <summary>Stores offsets, durably before it completes.</summary>
    /// <exception cref="StreamException">Some or all were refused: the first refusal.</exception>
    public async Task CommitAsync(
        Committer committer, IReadOnlyCollection<TopicPartitionOffset> offsets, CancellationToken cancellationToken)
    {
        const int ClusterRetention = -1;
        var topics = offsets
            .GroupBy(offset => offset.Partition.Topic)
            .Select(topic => new PerTopic<OffsetCommitPartition>(
                topic.Key,
                [.. topic.Select(entry => new OffsetCommitPartition(entry.Partition.Partition, entry.Offset, -1, ""))]))
            .ToArray();
        var request = new OffsetCommitRequest(
            groupId, committer.Generation, committer.MemberId, committer.InstanceId, ClusterRetention, topics);
        var response = await coordinator.CallAsync(
            Lane.Control, request, ErrorOf, null, cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(ErrorOf(response), $"Committing offsets of {groupId}");
    }

    /// <summary>Forgets offsets of topics that no member reads.</summary>
    public async Task DeleteAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        var topics = partitions
            .GroupBy(partition => partition.Topic)
            .Select(topic => new PartitionNumbers(topic.Key, [.. topic.Select(partition => partition.Partition)]))
            .ToArray();
        var request = new OffsetDeleteRequest(groupId, topics);
        var response = await link.RetryAsync(
            () => coordinator.CallAsync(
                Lane.Control, request, answer => answer.Error, null, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(response.Error, $"Deleting offsets of {groupId}");
        StreamException.ThrowIf(FirstError(response.Topics), $"Deleting offsets of {groupId}");
    }

    private static ErrorCode ErrorOf(OffsetFetchResponse response)
        => response.Groups[0].Error != ErrorCode.None
            ? response.Groups[0].Error
            : response.Groups[0].Topics
                .SelectMany(topic => topic.Partitions)
                .Select(partition => partition.Error)
                .FirstOrDefault(error => error != ErrorCode.None);

    private static ErrorCode ErrorOf(OffsetCommitResponse response) => FirstError(response.Topics);

    private static ErrorCode FirstError(IReadOnlyList<PerTopic<PartitionError>> topics)
        => topics
            .SelectMany(topic => topic.Partitions)
            .Select(partition => partition.Error)
            .FirstOrDefault(error => error != ErrorCode.None);
}
