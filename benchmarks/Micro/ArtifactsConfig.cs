using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using OrleansStream.TestKit;

namespace OrleansStream.Micro;

/// <summary>The usual settings, with what is written going to the repository's artifacts.</summary>
/// <remarks>
/// Measures in this process. The usual way builds a project for each benchmark below the repository, where it would
/// come under the repository's own build rules.
/// </remarks>
internal sealed class ArtifactsConfig : ManualConfig
{
    /// <param name="isQuick">A few short rounds instead of as many as it takes for small errors.</param>
    public ArtifactsConfig(bool isQuick)
    {
        Add(DefaultConfig.Instance);
        AddJob((isQuick ? Job.ShortRun : Job.Default).WithToolchain(InProcessNoEmitToolchain.Instance));
        ArtifactsPath = Path.Combine(RepositoryRoot.Path, "artifacts", "micro");
    }
}
