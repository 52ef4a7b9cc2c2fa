namespace OrleansStream.Crash.Storage;

/// <summary>Where the silos of a run keep their data, and what is done to it while one runs.</summary>
internal abstract class SiloStorage : IAsyncDisposable
{
    /// <summary>Options for the silo's command line.</summary>
    public abstract IReadOnlyList<string> SiloOptions { get; }

    /// <summary>
    /// Whether a silo may find at times that the storage fails, and has to get over it by itself.
    /// </summary>
    public abstract bool MayFail { get; }

    /// <summary>By how much fewer batches are awaited before a kill: every flush and opening takes longer.</summary>
    public abstract int BatchesDivisor { get; }

    /// <summary>Where the data is when the run has ended badly.</summary>
    public abstract string Remains { get; }

    /// <param name="directory">For this run alone.</param>
    public static async Task<SiloStorage> OpenAsync(string directory, bool onAzurite)
        => onAzurite ? await DisturbedAzurite.StartAsync(directory) : new LocalFiles(directory);

    /// <summary>Disturbs the way to the storage until cancelled; then all is well again.</summary>
    public abstract Task DisturbAsync(Random random, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    private sealed class LocalFiles(string directory) : SiloStorage
    {
        public override IReadOnlyList<string> SiloOptions { get; } = ["--data", directory];

        public override bool MayFail => false;

        public override int BatchesDivisor => 1;

        public override string Remains => $"The data is kept in {directory}";

        public override Task DisturbAsync(Random random, CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
