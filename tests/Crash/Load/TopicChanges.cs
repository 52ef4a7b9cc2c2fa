using System.Net.Sockets;
using OrleansStream.Crash.Model;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Load;

/// <summary>Changes topics while producers write: deletes records, alters, grows, deletes and recreates.</summary>
/// <remarks>
/// One after the other; the one that a kill leaves unanswered, or a fault undecided, is open until the next
/// verification.
/// </remarks>
internal sealed class TopicChanges(Topics topics, Refusals refusals, SenderNumbers numbers, Random random)
{
    private const int MaxChanges = 8;
    private const int MaxPartitions = 12;

    // Above it a verification would take longer than what it verifies.
    private const int ManyRecords = 4_000;

    private static readonly (string Name, string[] Values)[] s_settable =
    [
        ("segment.bytes", ["1024", "16384", "65536", "1048576"]),
        ("retention.ms", ["86400000", "172800000", "-1"]),
        ("max.message.bytes", ["262144", "1048588"]),
    ];

    /// <summary>Makes some changes, or as many as the silo lives to answer.</summary>
    public async Task RunAsync(string address)
    {
        try
        {
            using var connection = await KafkaConnection.OpenAsync(address);
            foreach (var partition in topics.Orders.Partitions.Where(full => full.VerifiedCount > ManyRecords))
            {
                await DeleteRecordsAsync(connection, partition, partition.ChooseOffset(random));
            }

            for (var count = random.Next(MaxChanges); count > 0; count--)
            {
                await ChangeAsync(connection);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The silo was killed, or has closed its connections to stop.
        }
        catch (KafkaRefusedException e) when (e.Error == ErrorCode.KafkaStorageError || refusals.AreForNow(e.Error))
        {
            // The silo stops, or its storage failed: the change may have been made or not.
        }
        catch (KafkaRefusedException e)
        {
            throw new ViolationException(e.Message);
        }
    }

    /// <summary>Creates every topic that does not exist.</summary>
    public async Task CreateMissingAsync(string address)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        foreach (var topic in topics.All.Where(topic => !topic.Exists))
        {
            await CreateAsync(connection, topic);
        }
    }

    private Task ChangeAsync(KafkaConnection connection)
    {
        var partition = topics.Orders.Partitions[random.Next(topics.Orders.Partitions.Count)];
        return random.Next(10) switch
        {
            0 => DeleteRecordsAsync(connection, partition, -1),
            1 or 2 => DeleteRecordsAsync(connection, partition, partition.ChooseOffset(random)),
            3 or 4 => SetConfigAsync(connection),
            5 or 6 when topics.Growing.Partitions.Count < MaxPartitions => GrowAsync(connection),
            _ => topics.Reborn.Exists ? EndLifeAsync(connection) : CreateAsync(connection, topics.Reborn),
        };
    }

    private static async Task DeleteRecordsAsync(KafkaConnection connection, TrackedPartition partition, long before)
    {
        partition.BeginDelete(before);
        partition.EndDelete(await connection.DeleteRecordsAsync(partition.Topic, partition.Index, before));
    }

    private async Task SetConfigAsync(KafkaConnection connection)
    {
        var (config, values) = s_settable[random.Next(s_settable.Length)];
        var value = values[random.Next(values.Length)];
        topics.Orders.BeginSetConfig(config, value);
        await connection.SetConfigAsync(topics.Orders.Name, config, value);
        topics.Orders.EndSetConfig();
    }

    private async Task GrowAsync(KafkaConnection connection)
    {
        topics.Growing.BeginGrow();
        await connection.AddPartitionsAsync(topics.Growing.Name, topics.Growing.Partitions.Count + 1);
        topics.Growing.EndGrow();
        await WriteAsync(connection, topics.Growing.Partitions[^1]);
    }

    private static async Task CreateAsync(KafkaConnection connection, TrackedTopic topic)
    {
        topic.BeginCreate();
        var id = await connection.CreateTopicAsync(topic.Name, topic.InitialPartitionCount, topic.InitialConfigs);
        topic.EndCreate(id);
    }

    // With some records, so that there is something which may not come back.
    private async Task EndLifeAsync(KafkaConnection connection)
    {
        await WriteAsync(connection, topics.Reborn.Partitions[random.Next(topics.Reborn.Partitions.Count)]);
        if (random.Next(3) == 0)
        {
            return;
        }

        topics.Reborn.BeginDelete();
        await connection.DeleteTopicAsync(topics.Reborn.Name);
        topics.Reborn.EndDelete();
    }

    private async Task WriteAsync(KafkaConnection connection, TrackedPartition partition)
    {
        var sender = numbers.AddSender(partition, retries: false);
        var batch = new BatchSource(random).Next(sender.Number, producerId: -1);
        partition.Send(sender, batch.RecordCount - 1);
        await connection.PostBatchAsync(partition.Topic, partition.Index, batch.Bytes);
        var answer = await connection.TakeProducedAsync();
        KafkaRefusedException.ThrowIf(
            answer.Error, $"Writing to {partition.Topic}-{partition.Index}", answer.ErrorMessage);
        partition.Acknowledge(sender, batch.FirstSequence, batch.RecordCount, answer.BaseOffset);
    }
}
