using System.Globalization;
using System.Text.RegularExpressions;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Load.Peers;

/// <summary>The C program in Native, which speaks through librdkafka, compiled where this machine can.</summary>
internal sealed partial class LibrdkafkaBench
{
    /// <summary>
    /// Instead of an address: the broker that librdkafka brings along, which keeps everything in memory.
    /// </summary>
    public const string MockBroker = "mock";

    private const string Source = "benchmarks/Load/Native/rdkafka_bench.c";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);

    private readonly string _program;

    private LibrdkafkaBench(string program) => _program = program;

    /// <summary>Null where there is no C compiler or no librdkafka to compile with.</summary>
    public static async Task<LibrdkafkaBench?> TryCompileAsync(ScratchDirectory directory)
    {
        var program = directory.Combine("rdkafka_bench");
        var source = Path.Combine(RepositoryRoot.Path, Source);
        try
        {
            await ChildProcess.RunAsync(s_timeout, "cc", "-O2", "-o", program, source, "-lrdkafka");
            return new LibrdkafkaBench(program);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <param name="acks">As Kafka's clients write it: 1 or all.</param>
    /// <param name="compression">Likewise: none, gzip, snappy, lz4.</param>
    /// <returns>Records, each with its delivery reported.</returns>
    public Task<Throughput> ProduceAsync(
        string address, string topic, string acks, int records, int recordBytes, string compression = "none")
        => RunAsync("produce", address, topic, acks, Text(records), Text(recordBytes), compression);

    /// <returns>Records, each checked.</returns>
    public Task<Throughput> FetchAsync(string address, string topic, int records, int recordBytes)
        => RunAsync("fetch", address, topic, Text(records), Text(recordBytes));

    private async Task<Throughput> RunAsync(params string[] arguments)
    {
        var lines = await ChildProcess.RunAsync(s_timeout, _program, arguments);
        var result = lines.Select(line => Result().Match(line)).FirstOrDefault(match => match.Success)
            ?? throw new WrongResultException($"rdkafka_bench printed no result: {string.Join(' ', lines)}");
        return new(
            long.Parse(result.Groups["records"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            TimeSpan.FromSeconds(double.Parse(result.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture)));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^records=(?<records>\d+) seconds=(?<seconds>[\d.]+)$")]
    private static partial Regex Result();
}
