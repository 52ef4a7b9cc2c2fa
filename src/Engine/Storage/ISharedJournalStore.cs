namespace OrleansStream.Engine.Storage;

/// <summary>A journal store that several processes can reach, so that one must be able to stop another.</summary>
/// <remarks>
/// Where a storage has one, no process may trust that it is alone: every journal has a row that says who may write it,
/// and a partition is changed only by whoever raised its epoch last.
/// </remarks>
public interface ISharedJournalStore : IJournalStore
{
    /// <summary>
    /// Ends a file, whoever writes it: once this returns, every append that was not done fails. Sealing it twice does
    /// nothing.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    ValueTask SealAsync(string name, CancellationToken cancellationToken);
}
