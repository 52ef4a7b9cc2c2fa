namespace OrleansStream.Engine.Storage;

/// <summary>What was read is not what was written: a file is damaged, and only a person or a backup can help.</summary>
public sealed class StorageDamagedException(string file, long position, string reason)
    : IOException($"{file} is damaged at position {position}: {reason}")
{
    /// <summary>The file, as the store names it.</summary>
    public string File => file;

    public string Reason => reason;

    /// <summary>The byte in the file at which the damaged part begins.</summary>
    public long Position => position;
}
