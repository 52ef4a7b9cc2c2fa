using System.CommandLine;

namespace OrleansStream.Cli.Topics;

/// <summary>What several verbs take.</summary>
internal static class TopicArguments
{
    public static Argument<string> CreateTopic() => new("TOPIC") { Description = "The topic's name." };

    public static Option<string[]> CreateConfig(string description)
    {
        var config = new Option<string[]>("--config", "-c")
        {
            Description = description,
            HelpName = "NAME=VALUE",
            DefaultValueFactory = _ => [],
        };
        config.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.IndexOf('=') < 1) is { } wrong)
            {
                result.AddError($"'{wrong.Value}' should look like NAME=VALUE.");
            }
        });
        return config;
    }

    public static Dictionary<string, string> ToPairs(IEnumerable<string> texts) => texts
        .Select(text => text.Split('=', 2))
        .GroupBy(pair => pair[0])
        .ToDictionary(pairs => pairs.Key, pairs => pairs.Last()[1]);
}
