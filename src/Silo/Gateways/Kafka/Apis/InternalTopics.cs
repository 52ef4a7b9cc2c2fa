using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>How changes of the topics are refused that the cluster keeps for itself. Reading them is allowed.</summary>
internal static class InternalTopics
{
    public const ErrorCode Refusal = ErrorCode.InvalidTopicException;

    public const string Message = "The topic is internal: clients may read it, and not change it.";

    /// <summary>Whether the name is kept for such a topic, be it there yet or not.</summary>
    public static bool Includes(string? name) => name == TopicDescription.GroupsTopic;
}
