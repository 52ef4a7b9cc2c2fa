namespace OrleansStream.Engine.Producers;

/// <summary>What <see cref="ProducerSequences.Check"/> found.</summary>
public enum SequenceVerdict
{
    /// <summary>The batch is the next one expected; append it.</summary>
    Next,

    /// <summary>The batch was appended before; answer with <see cref="SequenceCheck.BaseOffset"/>.</summary>
    Duplicate,

    /// <summary>A batch before this one is missing; the producer must resend from it.</summary>
    Gap,

    /// <summary>A newer session of this producer exists; the sender must stop.</summary>
    Fenced,
}

/// <summary>A verdict, with the original offset when the batch is a duplicate.</summary>
public readonly record struct SequenceCheck(SequenceVerdict Verdict, long BaseOffset = -1);
