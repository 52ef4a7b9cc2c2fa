using System.Diagnostics.CodeAnalysis;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Engine.Groups;

/// <summary>Reads which topics a consumer subscribes to out of the metadata of its assignors.</summary>
/// <remarks>
/// All assignors of consumers begin their metadata alike, with a version and the names of the topics:
/// <code>
/// position  bytes  field
///        0      2  version
///        2      4  topic count; for each two bytes of length and the name
/// </code>
/// https://cwiki.apache.org/confluence/display/KAFKA/Kafka+Client-side+Assignment+Proposal
/// </remarks>
internal static class Subscription
{
    /// <summary>The protocol type of groups whose metadata can be read so.</summary>
    public const string ConsumerType = "consumer";

    /// <summary>False when the bytes are something else.</summary>
    public static bool TryRead(byte[] metadata, [NotNullWhen(true)] out IReadOnlyList<string>? topics)
    {
        try
        {
            var reader = new KafkaReader(metadata);
            reader.ReadInt16();
            topics = reader.ReadStringArray();
            return true;
        }
        catch (ProtocolException)
        {
            topics = null;
            return false;
        }
    }

    /// <summary>Whether both subscribe to the same topics, as far as can be read.</summary>
    public static bool AreSame(byte[] one, byte[] other)
        => !TryRead(one, out var topics)
            || !TryRead(other, out var otherTopics)
            || topics.ToHashSet().SetEquals(otherTopics);
}
