using System.Buffers.Binary;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>Connections that are many, slow or deaf: others are served meanwhile.</summary>
[Collection(HostileCollection.Name)]
public sealed class HostileConnectionsTests(HostileSilo silo)
{
    [Fact]
    public async Task A_thousand_idle_connections_are_in_nobodys_way()
    {
        var idle = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 1_000; i++)
            {
                idle.Add(await silo.OpenAsync());
            }

            await silo.AssertUnharmedAsync();

            // They were served all the while, had they asked.
            await idle[^1].SendAsync(RawConnection.VersionsFrame());
            Assert.NotEmpty(await idle[^1].ReadFrameAsync());
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_request_sent_byte_by_byte_is_answered()
    {
        using var connection = await silo.OpenAsync();
        foreach (var part in RawConnection.VersionsFrame())
        {
            await connection.SendAsync((byte[])[part]);
            await silo.OthersGoOnAsync();
        }

        Assert.NotEmpty(await connection.ReadFrameAsync());
        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_client_that_stalls_inside_a_request_is_cut()
    {
        using var connection = await silo.OpenAsync();
        var frame = RawConnection.VersionsFrame();
        await connection.SendAsync((byte[])[.. frame, .. frame.AsSpan(0, frame.Length - 1)]);

        Assert.NotEmpty(await connection.ReadFrameAsync());
        Assert.Empty(await connection.ReadToEndAsync());
        await silo.AssertUnharmedAsync();
    }

    // Each reply holds a megabyte; a silo that kept answering into memory would hold thousands of them.
    [Fact]
    public async Task A_client_that_never_reads_its_replies_is_cut()
    {
        const string Topic = "unread";
        using var producer = await KafkaConnection.OpenAsync(silo.KafkaAddress);
        await producer.CreateTopicAsync(Topic, partitionCount: 1);
        var builder = new BatchBuilder();
        builder.Append(new byte[1_000_000], timestamp: 0);
        Assert.Equal(ErrorCode.None, await producer.ProduceAsync(Topic, 0, builder.Build()));

        using var connection = await silo.OpenAsync();
        var fetch = FetchFrame(Topic);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await connection.SendAsync(fetch);
            }
        });
        await silo.AssertUnharmedAsync();
    }

    // A gigabyte is on its way, and half of each request never comes.
    [Fact]
    public async Task Five_hundred_half_sent_requests_take_no_more_memory_than_there_is_for_all()
    {
        var half = new byte[HostileSilo.MaxFrameBytes / 2];
        BinaryPrimitives.WriteInt32BigEndian(half, HostileSilo.MaxFrameBytes);
        var connections = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 500; i++)
            {
                connections.Add(await silo.OpenAsync());
                await connections[^1].SendAsync(RawConnection.VersionsFrame());
                Assert.NotEmpty(await connections[^1].ReadFrameAsync());
            }

            var cuts = connections.Select(connection => SendUntilCutAsync(connection, half)).ToList();
            await silo.OthersGoOnAsync();
            await Task.WhenAll(cuts);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }

        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_client_that_never_stalls_but_is_much_too_slow_is_cut()
    {
        using var connection = await silo.OpenAsync();
        await connection.SendAsync(RawConnection.VersionsFrame());
        Assert.NotEmpty(await connection.ReadFrameAsync());
        await connection.SendAsync(new byte[] { 0, 0x3F, 0, 0 });

        // Each byte waits for others to be served, which takes much less than the stall timeout.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await connection.SendAsync(new byte[1]);
                await silo.OthersGoOnAsync();
            }
        });
        await silo.AssertUnharmedAsync();
    }

    private static async Task SendUntilCutAsync(RawConnection connection, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await connection.SendAsync(bytes);
        }
        catch (IOException)
        {
            return; // There was no memory for it.
        }

        Assert.Empty(await connection.ReadToEndAsync());
    }

    private static byte[] FetchFrame(string topic)
    {
        const int MaxBytes = 1_100_000;
        var from = new FetchPartition(0, -1, Offset: 0, -1, -1, MaxBytes);
        return RawConnection.Frame<FetchRequest, FetchResponse>(
            new FetchRequest(
                ReplicaId: -1, MaxWaitMs: 0, MinBytes: 0, MaxBytes, IsolationLevel: 0, SessionId: 0, SessionEpoch: -1,
                [new(topic, default, [from])], ForgottenTopics: [], RackId: ""),
            version: 12);
    }
}
