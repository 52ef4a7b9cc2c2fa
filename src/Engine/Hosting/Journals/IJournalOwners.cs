using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>Those who write other journals on the same storage: whom to leave alone, and whom to ask.</summary>
/// <remarks>
/// Safety does not rest on what is said here: a journal whose owner does not give up a partition is fenced before the
/// partition is opened. It only decides how gently a partition changes hands. Thread-safe.
/// </remarks>
public interface IJournalOwners
{
    /// <summary>
    /// Whether the owner of a journal may be at work. Its journal is then left alone until one of its partitions is
    /// wanted.
    /// </summary>
    ValueTask<bool> IsAtWorkAsync(string journal, CancellationToken cancellationToken);

    /// <summary>Asks the owner of a journal to give up a partition: <see cref="LogStore.TryReleaseAsync"/>.</summary>
    /// <returns>False when it cannot be reached, or refuses.</returns>
    ValueTask<bool> TryReleaseAsync(string journal, PartitionId partition, CancellationToken cancellationToken);
}

/// <summary>Nobody else: whoever wrote a journal that is found on the storage is gone.</summary>
public sealed class NoJournalOwners : IJournalOwners
{
    public static NoJournalOwners Instance { get; } = new();

    public ValueTask<bool> IsAtWorkAsync(string journal, CancellationToken cancellationToken) => new(false);

    public ValueTask<bool> TryReleaseAsync(
        string journal, PartitionId partition, CancellationToken cancellationToken) => new(false);
}
