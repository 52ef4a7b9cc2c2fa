namespace OrleansStream.Load;

/// <summary>A benchmark got a wrong answer: however fast it was, it does not count, and the run fails.</summary>
internal sealed class WrongResultException(string message) : Exception(message)
{
    /// <exception cref="WrongResultException">The two differ.</exception>
    public static void ThrowUnlessEqual(long expected, long actual, string what)
    {
        if (expected != actual)
        {
            throw new WrongResultException($"{what}: {actual} instead of {expected}.");
        }
    }
}
