using System.Text.RegularExpressions;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Repository.Tests;

public sealed partial class KafkaDocumentTests
{
    [Fact]
    public void The_document_lists_the_apis_and_versions_that_are_served()
    {
        var documented = Rows().Matches(RepositoryTree.Read("docs/kafka.md"))
            .Select(row => (row.Groups["api"].Value, row.Groups["versions"].Value));

        Assert.Equal(ApiVersions.All.Select(support => (support.Key.ToString(), VersionsOf(support))), documented);
    }

    private static string VersionsOf(ApiSupport support)
        => support.Min == support.Max ? $"{support.Min}" : $"{support.Min}-{support.Max}";

    [GeneratedRegex(@"^\| (?<api>\w+) \| (?<versions>[\d-]*\d) \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
