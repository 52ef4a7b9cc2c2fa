namespace OrleansStream.Silo.Hosting;

/// <summary>How far the silo has come.</summary>
internal enum SiloPhase
{
    /// <summary>Storage is being opened and recovered.</summary>
    Starting,

    /// <summary>Clients can connect.</summary>
    Open,

    /// <summary>What is in flight is answered, then the process ends.</summary>
    Stopping,
}

/// <summary>What the silo is doing, for whoever asks over HTTP. The one writer is <see cref="SiloRun"/>.</summary>
internal sealed class SiloStatus(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private volatile SiloPhase _phase = SiloPhase.Starting;

    public SiloPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    public TimeSpan Uptime => time.GetElapsedTime(_startedAt);
}
