using Xunit;

namespace OrleansStream.TestKit.Clients;

/// <summary>A test that is skipped, with the reason printed, where something it needs is missing.</summary>
/// <remarks>
/// The names of what is needed are those <see cref="Prerequisite"/> knows. It is decided when the tests are discovered.
/// </remarks>
public sealed class FactNeedingAttribute : FactAttribute
{
    public FactNeedingAttribute(params string[] prerequisites)
    {
        Prerequisites = prerequisites;
        Skip = prerequisites.Select(Prerequisite.WhyMissing).FirstOrDefault(reason => reason is not null);
    }

    public IReadOnlyList<string> Prerequisites { get; }
}
