using System.Buffers;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.TestKit.Clients;

/// <summary>Turns the reply of a node into that of one which does not lead the partitions, or not the group.</summary>
internal static class WrongNode
{
    /// <summary>Whether there is such a reply to the request.</summary>
    public static bool CanRefuse(ApiKey key) => key is ApiKey.Produce or ApiKey.Fetch or ApiKey.Heartbeat;

    /// <param name="frame">The reply, with its length prefix.</param>
    public static byte[] Refuse(in RequestHeader asked, byte[] frame)
    {
        var reader = new KafkaReader(frame.AsMemory(KafkaFrame.LengthPrefixBytes));
        using var writer = new KafkaWriter();
        ResponseHeader.Read(ref reader, asked.ApiKey, asked.ApiVersion).Write(writer, asked.ApiKey, asked.ApiVersion);
        var version = asked.ApiVersion;
        switch (asked.ApiKey)
        {
            case ApiKey.Produce:
                writer.WriteStruct(Refuse(reader.ReadStruct<ProduceResponse>(version)), version);
                break;
            case ApiKey.Fetch:
                writer.WriteStruct(Refuse(reader.ReadStruct<FetchResponse>(version)), version);
                break;
            default:
                writer.WriteStruct(new HeartbeatResponse(ErrorCode.NotCoordinator), version);
                break;
        }

        var refusal = new ArrayBufferWriter<byte>();
        writer.WriteFrameTo(refusal);
        return refusal.WrittenSpan.ToArray();
    }

    private static ProduceResponse Refuse(ProduceResponse response) => new(
        [.. response.Topics.Select(topic => topic with
        {
            Partitions = [.. topic.Partitions.Select(partition => new ProducedPartition(
                partition.Index, ErrorCode.NotLeaderOrFollower, -1, -1, -1))],
        })]);

    private static FetchResponse Refuse(FetchResponse response) => response with
    {
        Topics = [.. response.Topics.Select(topic => topic with
        {
            Partitions = [.. topic.Partitions.Select(partition => partition with
            {
                Error = ErrorCode.NotLeaderOrFollower,
                Records = FetchedRecords.Empty,
            })],
        })],
    };
}
