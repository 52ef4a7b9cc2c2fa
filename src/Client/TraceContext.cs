using System.Diagnostics;
using System.Text;

namespace OrleansStream.Client;

/// <summary>
/// Carries the trace a record belongs to from its sender to whoever reads it, in the record's headers.
/// </summary>
/// <remarks>
/// The headers are <c>traceparent</c> and <c>tracestate</c> of https://www.w3.org/TR/trace-context/, names and tags of
/// the activities those of https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/.
/// </remarks>
internal static class TraceContext
{
    private const string Parent = "traceparent";
    private const string State = "tracestate";

    /// <summary>Begins the sending of a record, which from now on carries it.</summary>
    public static Activity? StartSend(ref OutgoingRecord record)
    {
        var activity = Telemetry.Activities.StartActivity($"send {record.Topic}", ActivityKind.Producer);
        if (activity is { Id: { } id })
        {
            activity.SetTag("messaging.system", "kafka");
            activity.SetTag("messaging.operation.type", "send");
            activity.SetTag("messaging.destination.name", record.Topic);
            List<Header> headers = [.. record.Headers ?? [], new(Parent, Encoding.ASCII.GetBytes(id))];
            if (activity.TraceStateString is { } state)
            {
                headers.Add(new(State, Encoding.ASCII.GetBytes(state)));
            }

            record = record with { Headers = headers };
        }

        return activity;
    }

    public static void Delivered(Activity? activity, in DeliveryResult result)
    {
        activity?.SetTag("messaging.destination.partition.id", result.Partition.Partition);
        activity?.SetTag("messaging.kafka.offset", result.Offset);
    }

    public static void Failed(Activity? activity, StreamException failure)
    {
        activity?.SetTag("error.type", failure.Error.ToString());
        activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
    }

    /// <summary>Begins the processing of a record, as a part of the trace that it carries.</summary>
    public static Activity? StartProcess(ConsumedRecord record)
    {
        var (topic, partition) = record.Partition;
        ActivityContext.TryParse(
            Find(record.Headers, Parent), Find(record.Headers, State), isRemote: true, out var parent);
        var activity = Telemetry.Activities.StartActivity($"process {topic}", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.system", "kafka");
        activity?.SetTag("messaging.operation.type", "process");
        activity?.SetTag("messaging.destination.name", topic);
        activity?.SetTag("messaging.destination.partition.id", partition);
        activity?.SetTag("messaging.kafka.offset", record.Offset);
        return activity;
    }

    private static string? Find(IReadOnlyList<Header> headers, string name)
    {
        foreach (var header in headers)
        {
            if (header.Name == name && header.Value is { } value)
            {
                return Encoding.ASCII.GetString(value.Span);
            }
        }

        return null;
    }
}
