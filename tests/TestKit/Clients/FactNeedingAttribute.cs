using Xunit;

namespace OrleansStream.TestKit.Clients;

/// <summary>A test that is skipped, with the reason printed, where one of the programs it needs is missing.</summary>
/// <remarks>
/// The names are those <see cref="NeededProgram"/> knows. It is decided when the tests are discovered.
/// </remarks>
public sealed class FactNeedingAttribute : FactAttribute
{
    public FactNeedingAttribute(params string[] programs)
    {
        Programs = programs;
        Skip = programs.Select(NeededProgram.WhyMissing).FirstOrDefault(reason => reason is not null);
    }

    public IReadOnlyList<string> Programs { get; }
}
