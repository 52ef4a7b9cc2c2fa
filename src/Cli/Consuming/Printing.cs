using OrleansStream.Cli.Records;
using OrleansStream.Cli.Terminals;
using OrleansStream.Client;

namespace OrleansStream.Cli.Consuming;

/// <summary>Why printing ended.</summary>
internal enum PrintingEnd
{
    /// <summary>All there was is printed, or as many as wanted.</summary>
    Done,

    /// <summary>Somebody stopped it.</summary>
    Stopped,

    /// <summary>Whoever read the output has left.</summary>
    ReaderLeft,
}

/// <summary>Prints what a consumer reads.</summary>
internal sealed class Printing(Consumer consumer, RecordWriter writer, Selection selection)
{
    // A group hands out partitions when it likes, and some hold nothing to read: whether all is read is asked anew.
    private static readonly TimeSpan s_checkInterval = TimeSpan.FromMilliseconds(100);

    private long _printed;

    /// <summary>Where each partition is done with; null to go on for ever.</summary>
    public IReadOnlyDictionary<TopicPartition, long>? Ends { get; init; }

    public async Task<PrintingEnd> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            ConsumedBatch? batch = null;
            while (_printed < selection.Count && !IsAtEnd(batch))
            {
                batch = await ReadAsync(cancellationToken);
                while (batch is not null && Print(batch))
                {
                    await writer.FlushAsync(cancellationToken);
                }

                await writer.FlushAsync(cancellationToken);
            }

            return PrintingEnd.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return PrintingEnd.Stopped;
        }
        catch (IOException e) when (Terminal.HasReaderLeft(e))
        {
            return PrintingEnd.ReaderLeft;
        }
    }

    /// <returns>Null when it is time to see whether everything was read.</returns>
    private async Task<ConsumedBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Ends is not null)
        {
            pause.CancelAfter(s_checkInterval);
        }

        try
        {
            return await consumer.ReadBatchAsync(pause.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <param name="inHand">Printed, while the consumer does not know it yet.</param>
    private bool IsAtEnd(ConsumedBatch? inHand)
    {
        var assigned = consumer.Assignment;
        return Ends is { } ends && assigned.Count > 0 && assigned.All(partition =>
            (partition == inHand?.Partition ? inHand.NextOffset : PositionOf(partition)) >= ends[partition]);
    }

    private long? PositionOf(TopicPartition partition)
    {
        try
        {
            return consumer.GetPosition(partition);
        }
        catch (InvalidOperationException)
        {
            // The group has just taken it away.
            return null;
        }
    }

    /// <summary>Writes records of a batch until it ends, or enough was written.</summary>
    /// <returns>Whether there may be more in it.</returns>
    private bool Print(ConsumedBatch batch)
    {
        foreach (var record in batch)
        {
            if (selection.Contains(record))
            {
                writer.Write(batch.Partition, record);
                if (++_printed == selection.Count)
                {
                    return false;
                }
            }

            if (writer.IsFull)
            {
                return true;
            }
        }

        return false;
    }
}
