using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>Bytes that are no requests: the connection ends, and nothing else does.</summary>
[Collection(HostileCollection.Name)]
public sealed class HostileFramesTests(HostileSilo silo)
{
    private const int UnknownApiKey = 9_999;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_bytes_end_their_connection(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 50; i++)
        {
            var bytes = new byte[random.Next(4, 2_000)];
            random.NextBytes(bytes);

            // Half of them look like whole frames, so that they come further.
            if (random.Next(2) == 0)
            {
                BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - KafkaFrame.LengthPrefixBytes);
            }

            await AssertClosedAsync(bytes);
        }

        await silo.AssertUnharmedAsync();
    }

    // The API and version exist, so every reader of messages gets its share.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_bodies_of_every_api_end_their_connection_or_are_answered(int seed)
    {
        var random = new Random(seed);
        foreach (var api in ApiVersions.All)
        {
            for (var version = api.Min; version <= api.Max; version++)
            {
                var body = new byte[random.Next(300)];
                random.NextBytes(body);
                await SendToEndAsync(Request((short)api.Key, version, body));
            }
        }

        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_request_cut_off_at_any_length_is_not_carried_out()
    {
        const string Topic = "cut-off";
        using var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress);
        await connection.CreateTopicAsync(Topic, partitionCount: 1);
        var builder = new BatchBuilder();
        builder.Append(Encoding.UTF8.GetBytes("whole"), timestamp: 0);
        var request = new ProduceRequest(null, Acks: -1, TimeoutMs: 10_000, [new(Topic, [new(0, builder.Build())])]);
        var frame = RawConnection.Frame<ProduceRequest, ProduceResponse>(request, version: 9);

        for (var length = 0; length < frame.Length; length++)
        {
            await AssertClosedAsync(frame[..length]);
        }

        Assert.Empty(await connection.FetchAsync(Topic, 0, offset: 0));
        Assert.NotEmpty(await SendToEndAsync(frame));
        Assert.Equal(["whole"], StoredBatches.Values(await StoredBatches.ReadAsync(connection, Topic, 0)));
        await silo.AssertUnharmedAsync();
    }

    // Nothing but the length is sent, and the sending side stays open: the length alone has to be enough.
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(HostileSilo.MaxFrameBytes + 1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    public async Task An_impossible_frame_length_ends_the_connection_at_once(int length)
    {
        var bytes = new byte[KafkaFrame.LengthPrefixBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        using var connection = await silo.OpenAsync();
        await connection.SendAsync(bytes);

        Assert.Empty(await connection.ReadToEndAsync());
        await silo.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData(UnknownApiKey, 0)]
    [InlineData(-1, 0)]
    [InlineData((short)ApiKey.Metadata, 99)]
    [InlineData((short)ApiKey.Fetch, 0)]
    [InlineData((short)ApiKey.Fetch, -1)]
    [InlineData((short)ApiKey.Produce, 99)]
    public async Task An_unknown_api_or_version_ends_the_connection(int key, int version)
    {
        await AssertClosedAsync(Request((short)key, (short)version, new byte[100]));
        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task An_unknown_version_of_the_version_request_itself_is_answered()
    {
        var answer = await SendToEndAsync(Request((short)ApiKey.ApiVersions, 99, []));

        const int ErrorPosition = KafkaFrame.LengthPrefixBytes + sizeof(int);
        Assert.Equal(
            ErrorCode.UnsupportedVersion, (ErrorCode)BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(ErrorPosition)));
        await silo.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Garbage_after_a_request_does_not_keep_its_answer_back()
    {
        using var connection = await silo.OpenAsync();
        byte[] garbage = [0xFF, 0xFF, 0xFF, 0xFF, 0x42];
        await connection.SendAsync((byte[])[.. RawConnection.VersionsFrame(), .. garbage]);

        Assert.NotEmpty(await connection.ReadFrameAsync());
        Assert.Empty(await connection.ReadToEndAsync());
        await silo.AssertUnharmedAsync();
    }

    // The count of an array stands where nothing follows that could fill it.
    [Theory]
    [InlineData((short)ApiKey.Metadata, 1, "7FFFFFFF")]
    [InlineData((short)ApiKey.Metadata, 1, "FFFFFFFE")]
    [InlineData((short)ApiKey.Metadata, 12, "FFFFFFFF0F")]
    [InlineData((short)ApiKey.Metadata, 12, "FFFFFFFFFF")]
    [InlineData((short)ApiKey.CreateTopics, 2, "7FFFFFFF")]
    [InlineData((short)ApiKey.DeleteTopics, 1, "7FFFFFFF")]
    [InlineData((short)ApiKey.DescribeConfigs, 1, "7FFFFFFF")]
    [InlineData((short)ApiKey.Fetch, 4, "FFFFFFFF00000000000000000000000000" + "7FFFFFFF")]
    [InlineData((short)ApiKey.Produce, 3, "FFFFFFFF00000000" + "7FFFFFFF")]
    public async Task A_huge_array_count_ends_the_connection(int key, int version, string body)
    {
        await AssertClosedAsync(Request((short)key, (short)version, Convert.FromHexString(body)));
        await silo.AssertUnharmedAsync();
    }

    // Every element is there, in as few bytes as it takes: reading and answering them must not take all memory or time.
    [Theory]
    [InlineData((short)ApiKey.Metadata, 1, "0000", "")]
    [InlineData((short)ApiKey.DescribeConfigs, 1, "04000131FFFFFFFF", "01")]
    [InlineData((short)ApiKey.IncrementalAlterConfigs, 0, "02000000000000", "01")]
    public async Task A_request_of_very_many_elements_ends_the_connection(
        int key, int version, string element, string rest)
    {
        var elementBytes = Convert.FromHexString(element);
        var count = (HostileSilo.MaxFrameBytes - 100) / elementBytes.Length;
        var body = new List<byte> { 0, 0, 0, 0 };
        BinaryPrimitives.WriteInt32BigEndian(CollectionsMarshal.AsSpan(body), count);
        for (var i = 0; i < count; i++)
        {
            body.AddRange(elementBytes);
        }

        body.AddRange(Convert.FromHexString(rest));

        await AssertClosedAsync(Request((short)key, (short)version, CollectionsMarshal.AsSpan(body)));
        await silo.AssertUnharmedAsync();
    }

    private static byte[] Request(short key, short version, ReadOnlySpan<byte> body)
    {
        var flexible = ApiVersions.Find((ApiKey)key) is { } support && support.IsFlexible(version);
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 7, 0xFF, 0xFF, .. flexible ? new byte[1] : []];
        BinaryPrimitives.WriteInt16BigEndian(header, key);
        BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(sizeof(short)), version);
        byte[] frame = [0, 0, 0, 0, .. header, .. body];
        BinaryPrimitives.WriteInt32BigEndian(frame, header.Length + body.Length);
        return frame;
    }

    private async Task AssertClosedAsync(byte[] bytes) => Assert.Empty(await SendToEndAsync(bytes));

    private async Task<byte[]> SendToEndAsync(byte[] bytes)
    {
        using var connection = await silo.OpenAsync();
        await connection.SendAsync(bytes);
        connection.EndSending();
        return await connection.ReadToEndAsync();
    }
}
