namespace OrleansStream.Crash;

/// <summary>What the silo is doing when it is killed.</summary>
internal enum KillMoment
{
    UnderLoad,
    Changed,
    Starting,
    Stopping,
}

/// <summary>When a silo is killed.</summary>
/// <param name="Batches">How many batches are acknowledged before that.</param>
/// <param name="Delay">
/// How long after the start, or after it was asked to stop, as a fraction of how long that takes.
/// </param>
internal readonly record struct KillPlan(KillMoment Moment, int Batches, double Delay)
{
    public static KillPlan Choose(Random random)
    {
        var moment = random.Next(10) switch
        {
            0 or 1 => KillMoment.Starting,
            2 or 3 => KillMoment.Stopping,
            4 or 5 => KillMoment.Changed,
            _ => KillMoment.UnderLoad,
        };

        // Mostly short, so that there are many kills; now and then long enough for files to roll several times.
        var batches = random.Next(8) == 0 ? random.Next(2_000) : random.Next(200);
        return new KillPlan(moment, batches, random.NextDouble());
    }

    public override string ToString() => Moment switch
    {
        KillMoment.UnderLoad => "under load",
        KillMoment.Changed => "just after a change",
        KillMoment.Starting => "while it started",
        _ => "while it stopped",
    };
}
