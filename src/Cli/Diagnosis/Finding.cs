namespace OrleansStream.Cli.Diagnosis;

/// <summary>How bad a finding is.</summary>
internal enum Verdict
{
    Ok,

    /// <summary>The cluster does not say, so nobody knows.</summary>
    Unknown,

    /// <summary>It works, and will hurt some day.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Broken,
}

/// <summary>What the doctor found out about one thing.</summary>
/// <param name="Subject">What was examined, in a word.</param>
/// <param name="Sentence">What is so, and what to do where something is wrong.</param>
internal sealed record Finding(string Subject, Verdict Verdict, string Sentence);
