using Xunit;

namespace OrleansStream.TestKit.Clients;

/// <summary>The same as <see cref="FactNeedingAttribute"/> for a test with several inputs.</summary>
public sealed class TheoryNeedingAttribute : TheoryAttribute
{
    public TheoryNeedingAttribute(params string[] prerequisites)
    {
        Prerequisites = prerequisites;
        Skip = prerequisites.Select(Prerequisite.WhyMissing).FirstOrDefault(reason => reason is not null);
    }

    public IReadOnlyList<string> Prerequisites { get; }
}
