using Orleans.TestingHost;

namespace OrleansStream.Probe;

/// <summary>Compiles only where the code generator, the runtime and the test host all work.</summary>
public interface IProbe : IGrainWithIntegerKey
{
    Task<ProbeReply> AskAsync();
}

/// <summary>Something to serialize.</summary>
[GenerateSerializer, Alias("OrleansStream.ProbeReply")]
public sealed record ProbeReply([property: Id(0)] string Text);

/// <summary>A grain, and with it the runtime.</summary>
public sealed class ProbeGrain : Grain, IProbe
{
    public Task<ProbeReply> AskAsync() => Task.FromResult(new ProbeReply(nameof(InProcessTestCluster)));
}
