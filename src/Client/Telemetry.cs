using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansStream.Client;

/// <summary>The names under which this library can be observed, and its instruments.</summary>
/// <remarks>
/// Instruments and their tags are those of the OpenTelemetry conventions for messaging clients:
/// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
/// </remarks>
public static class Telemetry
{
    /// <summary>Of the <see cref="ActivitySource"/> and of the <see cref="Meter"/>.</summary>
    public const string Name = "OrleansStream.Client";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter s_meter = new(Name);

    private static readonly Counter<long> s_sentRecords = s_meter.CreateCounter<long>(
        "messaging.client.sent.messages", "{message}", "Records stored, and records given up.");

    private static readonly Counter<long> s_sentBytes = s_meter.CreateCounter<long>(
        "orleansstream.client.sent.bytes", "By", "Batches as they were sent.");

    private static readonly Histogram<double> s_sendTime = s_meter.CreateHistogram<double>(
        "messaging.client.operation.duration", "s", "From a batch's first record to its answer.");

    private static readonly Counter<long> s_retries = s_meter.CreateCounter<long>(
        "orleansstream.client.send.retries", "{batch}", "Batches sent again.");

    private static readonly Counter<long> s_consumedRecords = s_meter.CreateCounter<long>(
        "messaging.client.consumed.messages", "{message}", "Records handed out.");

    private static readonly Counter<long> s_fetchedBytes = s_meter.CreateCounter<long>(
        "orleansstream.client.fetched.bytes", "By", "Batches as they were fetched.");

    private static readonly Counter<long> s_rebalances = s_meter.CreateCounter<long>(
        "orleansstream.client.rebalances", "{rebalance}", "Generations of groups joined.");

    internal static void BatchEnded(string topic, int records, int bytes, TimeSpan elapsed, string? error)
    {
        var tags = new TagList { { "messaging.destination.name", topic } };
        s_sentBytes.Add(bytes, tags);
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        s_sentRecords.Add(records, tags);
        s_sendTime.Record(elapsed.TotalSeconds, tags);
    }

    internal static void BatchRetried(string topic)
        => s_retries.Add(1, new KeyValuePair<string, object?>("messaging.destination.name", topic));

    internal static void Consumed(string topic, int records)
        => s_consumedRecords.Add(records, new KeyValuePair<string, object?>("messaging.destination.name", topic));

    internal static void Fetched(string topic, int bytes)
        => s_fetchedBytes.Add(bytes, new KeyValuePair<string, object?>("messaging.destination.name", topic));

    internal static void Rebalanced(string group)
        => s_rebalances.Add(1, new KeyValuePair<string, object?>("messaging.consumer.group.name", group));
}
