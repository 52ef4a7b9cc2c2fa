using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>Records that flow into a topic in the background, evenly over its partitions.</summary>
internal sealed class RecordFlow
{
    private const int BatchRecords = 250;

    private readonly string _topic;
    private readonly long[] _counts;

    private RecordFlow(string topic, int partitionCount) => (_topic, _counts) = (topic, new long[partitionCount]);

    /// <summary>How many records each partition has got. Only while nothing flows.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>Creates the topic.</summary>
    public static async Task<RecordFlow> OpenAsync(string address, string topic, int partitionCount)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        await connection.CreateTopicAsync(topic, partitionCount);
        return new RecordFlow(topic, partitionCount);
    }

    /// <summary>Sends so many records, each batch once the one before it is acknowledged.</summary>
    public async Task SendAsync(string address, int count)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        var builder = new BatchBuilder();
        for (var sent = 0; sent < count; sent += BatchRecords)
        {
            var partition = sent / BatchRecords % _counts.Length;
            builder.Reset();
            for (var i = 0; i < BatchRecords; i++)
            {
                builder.Append(Encoding.UTF8.GetBytes($"{partition}/{_counts[partition] + i}"), timestamp: i);
            }

            Assert.Equal(ErrorCode.None, await connection.ProduceAsync(_topic, partition, builder.Build()));
            _counts[partition] += BatchRecords;
        }
    }
}
