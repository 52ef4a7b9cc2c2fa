namespace OrleansStream.Engine.Hosting.Memory;

/// <summary>Counts who holds something, from its first holder on, and says who was the last. Thread-safe.</summary>
internal sealed class Holders
{
    private int _count = 1;

    /// <summary>Whether anyone holds it besides the first; a moment old.</summary>
    public bool AreSeveral => Volatile.Read(ref _count) > 1;

    /// <summary>False when all have let go: it can no longer be held.</summary>
    public bool TryAdd()
    {
        var count = Volatile.Read(ref _count);
        while (count > 0)
        {
            var seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>True for the last one, who has to clean up.</summary>
    public bool Remove() => Interlocked.Decrement(ref _count) == 0;
}
