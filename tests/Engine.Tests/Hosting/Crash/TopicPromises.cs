namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>What the service has promised about a topic of one partition, and what it was asked to do.</summary>
internal sealed class TopicPromises(string name)
{
    private readonly SortedDictionary<long, int> _acknowledged = [];
    private readonly HashSet<int> _possible = [];

    public string Name => name;

    /// <summary>Null until the creation was acknowledged.</summary>
    public Guid? Id { get; set; }

    public bool IsDeletionAsked { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>The epoch of the last opening.</summary>
    public int Epoch { get; set; } = -1;

    /// <summary>Where the log start was said to be.</summary>
    public long PromisedStart { get; set; }

    /// <summary>The furthest that it was asked to be moved.</summary>
    public long AllowedStart { get; set; }

    public long AcknowledgedEnd => _acknowledged.Count == 0 ? 0 : _acknowledged.Keys.Last() + 1;

    public void Send(int number) => Assert.True(_possible.Add(number));

    public void Acknowledge(int number, long offset)
    {
        Assert.Contains(number, _possible);
        Assert.True(
            _acknowledged.TryAdd(offset, number) || _acknowledged[offset] == number,
            $"Offset {offset} was given twice.");
    }

    /// <summary>Holds what was found after a crash against the promises. From then on it is promised itself.</summary>
    /// <param name="numbers">The records from the log start on.</param>
    public void Check(long logStart, long logEnd, IReadOnlyList<int> numbers)
    {
        Assert.InRange(logStart, PromisedStart, AllowedStart);
        Assert.True(logEnd >= AcknowledgedEnd && logEnd >= PromisedStart, $"The log ends at {logEnd}.");
        Assert.Equal(logEnd - logStart, numbers.Count);
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.Subset(_possible, numbers.ToHashSet());
        foreach (var (offset, number) in _acknowledged)
        {
            Assert.True(
                offset < logStart || numbers[(int)(offset - logStart)] == number, $"Offset {offset} is not {number}.");
        }

        // What is served now must stay, and what is lost must not come back.
        PromisedStart = logStart;
        var lost = _possible.Except(numbers).Except(_acknowledged.Values).ToArray();
        _possible.ExceptWith(lost);
        for (var i = 0; i < numbers.Count; i++)
        {
            _acknowledged[logStart + i] = numbers[i];
        }
    }
}
