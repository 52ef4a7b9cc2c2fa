using System.Buffers;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Groups;

/// <summary>What a member says about itself when it joins.</summary>
/// <param name="Owned">What it still has to do from before.</param>
/// <param name="Generation">The one it had that from; -1 for none, or when it does not say.</param>
internal sealed record Subscription(
    IReadOnlyList<string> Topics, IReadOnlyList<TopicPartition> Owned, int Generation = -1);

/// <summary>The bytes in which the members of a group of consumers talk to their leader, and it to them.</summary>
/// <remarks>
/// Never compact, whatever the version of the request around it:
/// <code>
/// subscription  int16 version | array of topics | bytes user data, nullable
///               from version 1: array of (topic, array of int32 partition) owned
///               from version 2: int32 generation | from version 3: rack, nullable string
/// assignment    int16 version | array of (topic, array of int32 partition) | bytes user data, nullable
/// </code>
/// Newer versions only add fields, so readers of older ones can read them.
/// https://github.com/apache/kafka/tree/trunk/clients/src/main/resources/common/message (ConsumerProtocol*.json)
/// </remarks>
internal static class ConsumerProtocol
{
    public const string Type = "consumer";

    private const short SubscriptionVersion = 3;
    private const short AssignmentVersion = 0;

    public static byte[] Write(Subscription subscription)
    {
        using var writer = new KafkaWriter();
        writer.WriteInt16(SubscriptionVersion);
        writer.WriteStringArray(subscription.Topics);
        WriteNoBytes(writer);
        WritePartitions(writer, subscription.Owned);
        writer.WriteInt32(subscription.Generation);
        writer.WriteString(null);
        return ToArray(writer);
    }

    /// <exception cref="ProtocolException">The bytes are no subscription.</exception>
    public static Subscription ReadSubscription(byte[] bytes)
    {
        var reader = new KafkaReader(bytes);
        var version = reader.ReadInt16();
        var topics = reader.ReadStringArray();
        SkipBytes(ref reader);
        TopicPartition[] owned = version >= 1 && reader.RemainingBytes > 0 ? ReadPartitions(ref reader) : [];
        return new Subscription(topics, owned, version >= 2 && reader.RemainingBytes > 0 ? reader.ReadInt32() : -1);
    }

    public static byte[] Write(IReadOnlyCollection<TopicPartition> assignment)
    {
        using var writer = new KafkaWriter();
        writer.WriteInt16(AssignmentVersion);
        WritePartitions(writer, assignment);
        WriteNoBytes(writer);
        return ToArray(writer);
    }

    /// <summary>Of a member without anything to do, the bytes may be empty.</summary>
    /// <exception cref="ProtocolException">The bytes are no assignment.</exception>
    public static TopicPartition[] ReadAssignment(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return [];
        }

        var reader = new KafkaReader(bytes);
        reader.ReadInt16();
        return ReadPartitions(ref reader);
    }

    private static void WritePartitions(KafkaWriter writer, IEnumerable<TopicPartition> partitions)
    {
        var topics = partitions.GroupBy(partition => partition.Topic).ToArray();
        writer.WriteInt32(topics.Length);
        foreach (var topic in topics)
        {
            writer.WriteString(topic.Key);
            writer.WriteInt32Array([.. topic.Select(partition => partition.Partition)]);
        }
    }

    private static TopicPartition[] ReadPartitions(ref KafkaReader reader)
    {
        var partitions = new List<TopicPartition>();
        for (var remaining = reader.ReadInt32(); remaining > 0; remaining--)
        {
            var topic = reader.ReadString();
            partitions.AddRange(reader.ReadInt32Array().Select(partition => new TopicPartition(topic, partition)));
        }

        return [.. partitions];
    }

    private static void WriteNoBytes(KafkaWriter writer) => writer.WriteInt32(-1);

    private static void SkipBytes(ref KafkaReader reader)
    {
        for (var length = reader.ReadInt32(); length > 0; length--)
        {
            reader.ReadInt8();
        }
    }

    private static byte[] ToArray(KafkaWriter writer)
    {
        var frame = new ArrayBufferWriter<byte>();
        writer.WriteFrameTo(frame);
        return frame.WrittenSpan[KafkaFrame.LengthPrefixBytes..].ToArray();
    }
}
