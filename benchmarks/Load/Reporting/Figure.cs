namespace OrleansStream.Load.Reporting;

/// <summary>What a figure was measured with: without it a number says nothing.</summary>
/// <param name="Place">In process, or over TCP.</param>
/// <param name="Durability">What had happened to a record when it was acknowledged.</param>
/// <param name="RecordBytes">The size of a record's value.</param>
/// <param name="RecordsPerBatch">How many records a request carries.</param>
/// <param name="Workers">How many requests there are at once, one by each worker.</param>
internal sealed record Setting(
    string Place, string Durability, int RecordBytes, int RecordsPerBatch, int Workers, int Partitions)
{
    public override string ToString()
        => $"{Place}, {Durability}, {RecordBytes} B x {RecordsPerBatch}, {Workers} workers, {Partitions} partitions";
}

/// <summary>Another value measured in the same run, which the figure is to be seen beside.</summary>
/// <param name="Name">A limit of the machine, or a peer.</param>
internal sealed record Comparison(string Name, double Value);

/// <summary>How long single operations took, from when they were due to when they were answered.</summary>
internal sealed record LatencySummary(TimeSpan P50, TimeSpan P99, TimeSpan P999);

/// <summary>One measured value.</summary>
/// <param name="Name">The scenario, a slash, and the case.</param>
/// <param name="Unit">Such as records/s; of the comparison as well.</param>
/// <param name="Setting">Null where a limit of the machine is measured; its name says what it is.</param>
internal sealed record Figure(
    string Name,
    double Value,
    string Unit,
    Setting? Setting = null,
    Comparison? Comparison = null,
    LatencySummary? Latency = null)
{
    /// <summary>The value in relation to what it is compared with; null without a comparison.</summary>
    public double? Ratio => Comparison is { Value: > 0 } comparison ? Value / comparison.Value : null;
}
