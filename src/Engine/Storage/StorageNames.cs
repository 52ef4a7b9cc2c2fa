using System.Buffers;

namespace OrleansStream.Engine.Storage;

/// <summary>Says which names a journal file may have: those every adapter can use as they are.</summary>
public static class StorageNames
{
    private const int MaxLength = 100;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <exception cref="ArgumentException">Empty, too long, hidden, or with a character not allowed.</exception>
    public static void CheckJournal(string name)
    {
        if (name.Length is 0 or > MaxLength || name[0] == '.' || name.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new ArgumentException($"'{name}' cannot name a journal file.", nameof(name));
        }
    }
}
