using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>A partition as a Fetch names it.</summary>
/// <param name="TopicName">Empty from version 13 on, where the id stands for it.</param>
/// <param name="TopicId">Empty before version 13.</param>
internal readonly record struct FetchKey(string TopicName, Guid TopicId, int Index)
{
    public bool IsOfSameTopicAs(in FetchKey other) => TopicId == other.TopicId && TopicName == other.TopicName;
}

/// <summary>A partition that a Fetch reads, and from where.</summary>
internal readonly record struct FetchPosition(FetchKey Key, FetchPartition Wanted)
{
    /// <summary>What a request names itself, in its order.</summary>
    public static IEnumerable<FetchPosition> ListNamed(FetchRequest request)
    {
        foreach (var topic in request.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                yield return new(new(topic.Name, topic.Id, partition.Index), partition);
            }
        }
    }
}
