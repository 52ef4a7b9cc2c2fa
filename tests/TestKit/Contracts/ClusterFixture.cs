using OrleansStream.Contracts;

namespace OrleansStream.TestKit.Contracts;

/// <summary>One host of the service on an empty storage, for the contract suites.</summary>
public abstract class ClusterFixture : IAsyncDisposable
{
    /// <summary>The service as it is open now.</summary>
    public abstract ICluster Cluster { get; }

    /// <summary>Called once, first.</summary>
    public abstract Task OpenAsync();

    /// <summary>Closes the service and opens it on what it left.</summary>
    public abstract Task RestartAsync();

    public abstract ValueTask DisposeAsync();
}
