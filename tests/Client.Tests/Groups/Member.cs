using System.Collections.Concurrent;

namespace OrleansStream.Client.Tests.Groups;

/// <summary>A member of a group that reads on its own until it is disposed, and shows what it has got so far.</summary>
internal sealed class Member : IAsyncDisposable
{
    private readonly Consumer _consumer;
    private readonly ConcurrentQueue<int> _read;
    private readonly CancellationTokenSource _stop;
    private readonly Task _reading;

    /// <param name="read">Gets the numbers of all records, also those of other members.</param>
    public Member(Consumer consumer, ConcurrentQueue<int> read, CancellationToken deadline)
    {
        _consumer = consumer;
        _read = read;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        _reading = ReadAsync();
    }

    public Task HasAssignedAsync(int count) => UntilAsync(() => _consumer.Assignment.Count == count);

    public Task HasReadAsync(int count) => UntilAsync(() => _read.Count >= count);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        await _consumer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var record in _consumer.ReadAllAsync(_stop.Token))
            {
                _read.Enqueue(record.Number());
            }
        }
        catch (OperationCanceledException)
        {
            // The member is disposed.
        }
    }

    private async Task UntilAsync(Func<bool> isTrue)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!isTrue())
        {
            if (_reading.IsFaulted)
            {
                await _reading;
            }

            await timer.WaitForNextTickAsync(_stop.Token);
        }
    }
}
