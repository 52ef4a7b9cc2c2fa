using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Hosting.Partitions;

public sealed class HighWatermarkTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _time = new();
    private readonly HighWatermark _highWatermark;

    public HighWatermarkTests() => _highWatermark = new HighWatermark(10, _time);

    [Fact]
    public async Task All_who_wait_learn_that_it_moved()
    {
        var waiting = Enumerable.Range(0, 3).Select(_ => WaitAsync(10, Long)).ToArray();
        Assert.DoesNotContain(waiting, wait => wait.IsCompleted);

        _highWatermark.Advance(11);

        Assert.All(await Task.WhenAll(waiting), Assert.True);
    }

    [Fact]
    public async Task Nobody_waits_for_what_has_happened()
    {
        _highWatermark.Advance(11);

        Assert.True(await WaitAsync(10, Long));
    }

    [Fact]
    public async Task A_wait_ends_at_its_timeout()
    {
        var waiting = WaitAsync(10, TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(await waiting);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        using var cancelling = new CancellationTokenSource();
        var waiting = _highWatermark.WaitBeyondAsync(10, Long, cancelling.Token).AsTask();

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Closing_ends_all_waits_now_and_later()
    {
        var waiting = WaitAsync(10, Long);

        _highWatermark.Close();

        Assert.False(await waiting);
        Assert.False(await WaitAsync(10, Long));
    }

    // A wake-up that falls between a reader's look and its wait must not be lost.
    [Fact]
    public async Task No_movement_is_missed()
    {
        const int End = 20_000;
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            long seen;
            while ((seen = _highWatermark.Offset) < End)
            {
                Assert.True(await WaitAsync(seen, Long));
            }
        })).ToArray();

        for (var offset = 11; offset <= End; offset++)
        {
            _highWatermark.Advance(offset);
        }

        await Task.WhenAll(readers);
    }

    private Task<bool> WaitAsync(long seen, TimeSpan timeout)
        => _highWatermark.WaitBeyondAsync(seen, timeout, CancellationToken.None).AsTask();
}
