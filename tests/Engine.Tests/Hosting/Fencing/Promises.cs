using OrleansStream.Engine.Hosting.Partitions;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>Which record was acknowledged at which offset, by whichever owner.</summary>
internal sealed class Promises
{
    private readonly Dictionary<(string Topic, long Offset), int> _records = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Count
    {
        get
        {
            lock (_records)
            {
                return _records.Count;
            }
        }
    }

    /// <summary>Fails when the offset was acknowledged before.</summary>
    public void Add(string topic, long offset, int number)
    {
        lock (_records)
        {
            Assert.True(
                _records.TryAdd((topic, offset), number),
                $"Offset {offset} of {topic} was acknowledged for {number} after it was for another record.");
            _added.TrySetResult();
        }
    }

    /// <summary>Waits for the next one.</summary>
    public Task WhenAddedAsync()
    {
        lock (_records)
        {
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _added.Task;
        }
    }

    /// <summary>Looks whether all of it is there, each record at its offset and no record twice.</summary>
    public async Task CheckAsync(string topic, PartitionHost partition)
    {
        var status = await partition.GetStatusAsync(CancellationToken.None);
        var stored = await TestStore.ReadAllAsync(partition);
        Assert.Equal(status.HighWatermark, stored.Count);
        Assert.Equal(stored.Count, stored.Distinct().Count());
        foreach (var ((_, offset), number) in _records.Where(record => record.Key.Topic == topic))
        {
            Assert.True(
                offset < stored.Count && stored[(int)offset] == number,
                $"Record {number} was acknowledged at offset {offset} of {topic} and is not there.");
        }
    }
}
