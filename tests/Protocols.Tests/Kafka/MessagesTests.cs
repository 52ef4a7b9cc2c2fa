using System.Globalization;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class MessagesTests
{
    public static TheoryData<string, int> EveryVersion()
    {
        var data = new TheoryData<string, int>();
        foreach (var (kind, version) in MessageKind.EveryVersion())
        {
            data.Add(kind.ToString(), version);
        }

        return data;
    }

    [Fact]
    public void Every_api_in_the_table_has_its_messages()
        => Assert.Equal(
            ApiVersions.All.Select(support => support.Key).Order(),
            MessageKind.All.Select(kind => kind.Key).Distinct().Order());

    // The bytes follow from the published schemas, by other means than this code. As every value in them is another
    // one, reading and writing them again proves types, order and version bounds.
    [Theory]
    [MemberData(nameof(EveryVersion))]
    public void Bytes_of_the_schema_are_read_and_written_alike(string kind, int version)
    {
        var golden = GoldenMessages.Find($"{kind} {version}");

        Assert.NotEmpty(golden);
        Assert.All(golden, bytes => Assert.Equal(bytes, MessageKind.Named(kind).Rewrite(bytes, version)));
    }

    [Theory]
    [MemberData(nameof(EveryVersion))]
    public void Random_content_comes_back_as_it_was_written(string kind, int version)
    {
        var random = new Random(version);
        for (var i = 0; i < 50; i++)
        {
            var bytes = MessageKind.Named(kind).EncodeRandom(random, version);

            Assert.Equal(bytes, MessageKind.Named(kind).Rewrite(bytes, version));
        }
    }

    [Theory]
    [MemberData(nameof(EveryVersion))]
    public void A_message_cut_off_anywhere_is_refused(string kind, int version)
    {
        foreach (var bytes in GoldenMessages.Find($"{kind} {version}"))
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<ProtocolException>(
                    () => MessageKind.Named(kind).Decode(bytes.AsMemory(0, length), version));
            }
        }
    }

    [Theory]
    [MemberData(nameof(EveryVersion))]
    public void Damaged_bytes_are_read_or_refused_and_nothing_else(string kind, int version)
    {
        var random = new Random(version);
        for (var i = 0; i < 100; i++)
        {
            var bytes = MessageKind.Named(kind).EncodeRandom(random, version);
            for (var hit = random.Next(1, 4); hit > 0 && bytes.Length > 0; hit--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var thrown = Record.Exception(() => MessageKind.Named(kind).Decode(bytes, version));

            Assert.True(thrown is null or ProtocolException, thrown?.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(EveryVersion))]
    public void Random_bytes_are_read_or_refused_and_nothing_else(string kind, int version)
    {
        var random = new Random(version);
        for (var i = 0; i < 100; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);

            var thrown = Record.Exception(() => MessageKind.Named(kind).Decode(bytes, version));

            Assert.True(thrown is null or ProtocolException, thrown?.ToString());
        }
    }

    /// <summary>The lines of messages.golden: API, direction, version, and the body in hexadecimal digits.</summary>
    private static class GoldenMessages
    {
        private static readonly ILookup<string, byte[]> s_messages = File
            .ReadLines(Path.Combine(AppContext.BaseDirectory, "Kafka", "messages.golden"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' '))
            .ToLookup(
                parts => string.Create(CultureInfo.InvariantCulture, $"{parts[0]} {parts[1]} {parts[2]}"),
                parts => parts[3] == "-" ? [] : Convert.FromHexString(parts[3]));

        public static byte[][] Find(string message) => [.. s_messages[message]];
    }
}
