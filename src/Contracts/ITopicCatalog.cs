namespace OrleansStream.Contracts;

/// <summary>A topic as the catalog knows it.</summary>
/// <param name="Id">Given at creation and never reused: a recreated topic has another.</param>
/// <param name="Configs">Only what was set for this topic; the defaults are in <see cref="TopicConfig"/>.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.TopicDescription")]
public sealed record TopicDescription(
    [property: Id(0)] string Name,
    [property: Id(1)] Guid Id,
    [property: Id(2)] int PartitionCount,
    [property: Id(3)] IReadOnlyDictionary<string, string> Configs)
{
    /// <summary>What group coordinators know lies in the partitions of this topic.</summary>
    public const string GroupsTopic = "__groups";

    /// <summary>Whether the cluster keeps the topic for itself: clients may read it, and not change it.</summary>
    public bool IsInternal => Name == GroupsTopic;
}

/// <summary>A topic to be created.</summary>
/// <param name="PartitionCount">-1 for the cluster's default.</param>
/// <param name="Configs">By Kafka's names; see <see cref="TopicConfig"/>.</param>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.CreateTopicRequest")]
public sealed record CreateTopicRequest(
    [property: Id(0)] string Name,
    [property: Id(1)] int PartitionCount,
    [property: Id(2)] IReadOnlyDictionary<string, string> Configs,
    [property: Id(3)] bool ValidateOnly = false);

/// <summary>One change of a topic's configuration.</summary>
/// <param name="Value">Null removes the topic's own value, so the default applies again.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ConfigChange")]
public readonly record struct ConfigChange([property: Id(0)] string Name, [property: Id(1)] string? Value);

/// <summary>The topic after the request, or why it was refused.</summary>
/// <param name="Message">What was wrong, for a person to read; null when nothing was.</param>
/// <param name="Topic">Null on an error, and after a deletion.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.TopicReply")]
public readonly record struct TopicReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] string? Message,
    [property: Id(2)] TopicDescription? Topic);

/// <summary>The topics of a cluster. Changes are durable before they are answered.</summary>
public interface ITopicCatalog
{
    /// <summary>Null when there is no such topic.</summary>
    ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Null when there is no such topic.</summary>
    ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>All topics, by name in ordinal order.</summary>
    ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Creates a topic; two creations of one name end with one topic and one <see cref="StreamError.TopicExists"/>.
    /// </summary>
    ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a topic and, later, its files. From the answer on the name is free.</summary>
    ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Applies all changes or none.</summary>
    ValueTask<TopicReply> AlterConfigsAsync(
        string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, CancellationToken cancellationToken);

    /// <summary>Raises the number of partitions to <paramref name="partitionCount"/>; it can never shrink.</summary>
    ValueTask<TopicReply> AddPartitionsAsync(
        string name, int partitionCount, bool validateOnly, CancellationToken cancellationToken);
}
