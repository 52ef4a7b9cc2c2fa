namespace OrleansStream.Engine.Topics;

/// <summary>Which names a topic may have: Kafka's rules.</summary>
public static class TopicName
{
    public const int MaxLength = 249;

    /// <summary>What is wrong with a name, for a person to read; null when nothing is.</summary>
    public static string? FindFault(string name)
    {
        if (name.Length is 0 or > MaxLength)
        {
            return $"A topic name has 1 to {MaxLength} characters, not {name.Length}.";
        }

        if (name is "." or "..")
        {
            return $"A topic cannot be named '{name}'.";
        }

        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))
            {
                return $"'{name}' has a character other than ASCII letters, digits, '.', '_' and '-'.";
            }
        }

        return null;
    }

    /// <summary>Equal for names that must not both exist: metrics systems take '.' and '_' for the same.</summary>
    public static string CollisionKey(string name) => name.Replace('.', '_');
}
