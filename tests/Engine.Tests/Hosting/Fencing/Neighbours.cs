using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>Somebody wants a partition, and waits.</summary>
internal sealed class ReleaseRequest(string asker, string journal, PartitionId partition)
{
    public string Asker => asker;

    public string Journal => journal;

    public PartitionId Partition => partition;

    /// <summary>What the owner said; null before it did.</summary>
    public bool? IsReleased { get; private set; }

    public void Answer(bool isReleased) => IsReleased = isReleased;
}

/// <summary>Lets owners ask each other for partitions.</summary>
/// <remarks>
/// Asking is a step of the asker, which ends when it is let go: with the answer, or without one, as if its patience
/// were over. Until then the owner finds the request. Now and then an owner at work is taken for one that is gone.
/// </remarks>
internal sealed class Neighbours(Steps steps, Random random)
{
    private readonly Lock _lock = new();
    private readonly List<ReleaseRequest> _requests = [];
    private Owner[] _owners = [];

    /// <summary>How many partitions were given up because somebody asked.</summary>
    public int Released { get; private set; }

    /// <summary>How often somebody asked in vain.</summary>
    public int Unreleased { get; private set; }

    public void Introduce(Owner[] owners) => _owners = owners;

    /// <summary>The others, as one owner sees them in one of its lives.</summary>
    public IJournalOwners Of(string life) => new Others(this, life);

    /// <summary>What the owner of a journal is asked and has not looked at; null when there is nothing.</summary>
    public ReleaseRequest? FindRequest(string? journal)
    {
        lock (_lock)
        {
            return _requests.FirstOrDefault(request => request.Journal == journal);
        }
    }

    public void Remove(ReleaseRequest request)
    {
        lock (_lock)
        {
            _requests.Remove(request);
        }
    }

    /// <summary>The owner that has not yet looked at what somebody asks it; null when there is none.</summary>
    public Owner? FindAsked(Owner asker)
    {
        lock (_lock)
        {
            return _requests.FirstOrDefault(request => request.Asker == asker.Life) is { } request
                ? _owners.FirstOrDefault(owner => owner.Journal == request.Journal)
                : null;
        }
    }

    private bool IsAtWork(string journal)
    {
        lock (_lock)
        {
            return _owners.Any(owner => owner.Journal == journal) && random.Next(8) > 0;
        }
    }

    private async ValueTask<bool> AskAsync(ReleaseRequest request)
    {
        lock (_lock)
        {
            _requests.Add(request);
        }

        try
        {
            await steps.RunAsync(request.Asker, $"ask for {request.Partition}", () => new ValueTask<bool>(true));
        }
        catch (IOException)
        {
            // The owner could not be reached.
        }

        lock (_lock)
        {
            _requests.Remove(request);
            var isReleased = request.IsReleased == true;
            (Released, Unreleased) = isReleased ? (Released + 1, Unreleased) : (Released, Unreleased + 1);
            return isReleased;
        }
    }

    private sealed class Others(Neighbours neighbours, string life) : IJournalOwners
    {
        public ValueTask<bool> IsAtWorkAsync(string journal, CancellationToken cancellationToken)
            => new(neighbours.IsAtWork(journal));

        public ValueTask<bool> TryReleaseAsync(
            string journal, PartitionId partition, CancellationToken cancellationToken)
            => neighbours.AskAsync(new ReleaseRequest(life, journal, partition));
    }
}
