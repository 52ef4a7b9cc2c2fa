using System.Runtime.CompilerServices;
using OrleansStream.Client;

namespace OrleansStream.Cli.Diagnosis;

/// <summary>Sends a record through a topic made for it, reads it back, and compares the clocks.</summary>
internal sealed class RoundTrip(Session session, Admin admin)
{
    // Retention and lookups by time are off by as much as clocks are.
    private static readonly TimeSpan s_tolerableSkew = TimeSpan.FromSeconds(2);

    private readonly string _topic = $"ostream-doctor-{Guid.NewGuid():N}";
    private readonly byte[] _value = "Is anybody there?"u8.ToArray();

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Finding[] findings;
        try
        {
            findings = await TryAsync(cancellationToken);
        }
        catch (StreamException e)
        {
            findings = [new("round trip", Verdict.Broken, $"A record did not get through: {e.Message}")];
        }

        foreach (var finding in findings)
        {
            yield return finding;
        }
    }

    private async Task<Finding[]> TryAsync(CancellationToken cancellationToken)
    {
        // The server stamps the record: that is how its clock is read.
        var stamped = new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" };
        await admin.CreateTopicAsync(_topic, partitionCount: 1, stamped, cancellationToken: cancellationToken);
        try
        {
            var options = new ProducerOptions
            {
                Linger = TimeSpan.Zero,
                DeliveryTimeout = session.Options.CallTimeout,
            };
            await using var producer = session.Client.CreateProducer(options);

            // The first one opens connections and learns who leads; the second shows how long a record takes.
            await producer.SendAsync(_topic, null, _value, cancellationToken: cancellationToken);
            var before = session.Terminal.Time.GetUtcNow();
            var sent = await producer.SendAsync(_topic, null, _value, cancellationToken: cancellationToken);
            var after = session.Terminal.Time.GetUtcNow();
            return [await ReadBackAsync(sent, after - before, cancellationToken), JudgeClock(sent, before, after)];
        }
        finally
        {
            await admin.DeleteTopicAsync(_topic, CancellationToken.None);
        }
    }

    private async Task<Finding> ReadBackAsync(
        DeliveryResult sent, TimeSpan latency, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(session.Options.CallTimeout);
        await using var consumer = session.Client.CreateConsumer();
        consumer.Assign(new TopicPartitionOffset(sent.Partition, sent.Offset));
        try
        {
            await foreach (var record in consumer.ReadAllAsync(patience.Token))
            {
                return record.Value is { } value && value.Span.SequenceEqual(_value)
                    ? new("round trip", Verdict.Ok, FormattableString.Invariant(
                        $"A record was stored in {latency.TotalMilliseconds:0.0} ms and read back."))
                    : new("round trip", Verdict.Broken, "A record came back other than it was sent.");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        return new("round trip", Verdict.Broken,
            $"A record was stored and could not be read within {session.Options.CallTimeout.TotalSeconds} seconds.");
    }

    private static Finding JudgeClock(DeliveryResult sent, DateTimeOffset before, DateTimeOffset after)
    {
        var skew = sent.Timestamp < before ? sent.Timestamp - before
            : sent.Timestamp > after ? sent.Timestamp - after
            : TimeSpan.Zero;
        var sentence = FormattableString.Invariant(
            $"The server's clock is {Math.Abs(skew.TotalSeconds):0.0} s {(skew < TimeSpan.Zero ? "behind" : "ahead")}");
        return skew.Duration() < s_tolerableSkew
            ? new("clock", Verdict.Ok, "The server's clock agrees with this machine's.")
            : new("clock", Verdict.Warning, $"{sentence}: synchronize both, or times will mislead.");
    }
}
