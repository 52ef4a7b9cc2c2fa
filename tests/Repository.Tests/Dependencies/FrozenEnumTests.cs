using System.Globalization;
using OrleansStream.Contracts;

namespace OrleansStream.Repository.Tests.Dependencies;

public sealed class FrozenEnumTests
{
    private const string FrozenFile = "tests/Repository.Tests/Dependencies/FrozenEnums.txt";

    // Enums travel between silos, and into storage, as numbers. A line that changes or goes breaks a rolling upgrade;
    // a new member is a new line at the end of its enum.
    [Fact]
    public void Enums_of_the_contracts_keep_their_numbers()
    {
        var frozen = RepositoryTree.Read(FrozenFile).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Violation.AssertNone(Members().Except(frozen).Select(line => new Violation(FrozenFile, 0, $"add: {line}")));
        Violation.AssertNone(frozen.Except(Members()).Select(line => new Violation(FrozenFile, 0, $"gone: {line}")));
    }

    private static IEnumerable<string> Members()
        => typeof(StreamError).Assembly.GetExportedTypes()
            .Where(type => type.IsEnum)
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(type => Enum.GetValues(type)
                .Cast<Enum>()
                .Select(value => $"{type.Name}.{value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}"));
}
