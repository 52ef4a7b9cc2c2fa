using System.Text;
using OrleansStream.Cli.Records;

namespace OrleansStream.Cli.Tests.Records;

public sealed class JsonPathTests
{
    private const string Quake = """
        {"mag":5.2,"place":{"names":["Kyoto","Uji"],"odd name":true},"tsunami":false,"note":null,"code":"5"}
        """;

    [Theory]
    [InlineData("$.mag>=5", true)]
    [InlineData("mag > 5.2", false)]
    [InlineData("mag=5.20", true)]
    [InlineData("$.mag<10", true)]
    [InlineData("$.place.names[0]==Kyoto", true)]
    [InlineData("$.place.names[-1]='Uji'", true)]
    [InlineData("$.place.names[2]=Uji", false)]
    [InlineData("$.place.names[2]!=Uji", true)]
    [InlineData("$.place.names~yot", true)]
    [InlineData("$.place['odd name']", true)]
    [InlineData("$.tsunami", false)]
    [InlineData("$.tsunami=false", true)]
    [InlineData("$.note", false)]
    [InlineData("$.nowhere", false)]
    [InlineData("$.code<=41", false)]
    public void A_condition_is_met_by_what_lies_at_its_path(string condition, bool expected)
        => Assert.Equal(expected, RecordFilter.Parse(condition).Matches(Encoding.UTF8.GetBytes(Quake)));

    [Theory]
    [InlineData("")]
    [InlineData("{\"mag\":")]
    [InlineData("no json")]
    public void What_is_no_json_meets_no_condition(string value)
        => Assert.False(RecordFilter.Parse("mag!=1").Matches(Encoding.UTF8.GetBytes(value)));

    [Theory]
    [InlineData("a..b")]
    [InlineData("a[")]
    [InlineData("a[b]")]
    [InlineData("a['b]")]
    [InlineData("a!5")]
    public void What_is_no_condition_is_refused(string text)
        => Assert.Throws<FormatException>(() => RecordFilter.Parse(text));
}
