using OrleansStream.Silo.Gateways;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class ByteShareTests
{
    private readonly ByteShare _share = new(capacityBytes: 10);

    [Fact]
    public async Task Who_came_first_is_let_in_first_although_less_would_fit()
    {
        await TakeAsync(6);
        var large = TakeAsync(8);
        var small = TakeAsync(1);
        Assert.False(small.IsCompleted);

        _share.Release(6);

        await large.WaitAsync(Waits.Long);
        await small.WaitAsync(Waits.Long);
        Assert.False(TakeAsync(2).IsCompleted);
    }

    [Fact]
    public async Task More_than_there_is_gets_in_alone()
    {
        await TakeAsync(1);
        var huge = TakeAsync(100);
        Assert.False(huge.IsCompleted);

        _share.Release(1);

        await huge.WaitAsync(Waits.Long);
        Assert.False(TakeAsync(1).IsCompleted);
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_place_to_the_one_behind()
    {
        await TakeAsync(6);
        using var impatience = new CancellationTokenSource();
        var large = _share.TakeAsync(8, impatience.Token).AsTask();
        var small = TakeAsync(4);

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.WaitAsync(Waits.Long);
        Assert.False(TakeAsync(1).IsCompleted);
    }

    // The oracle: never more out than there is, and all of it back in the end. Some give up while they wait.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Many_at_once_never_hold_more_than_there_is(int seed)
    {
        var held = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2_000),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) =>
            {
                var random = new Random((seed * 10_000) + i);
                var bytes = random.Next(1, 11);
                using var impatience = new CancellationTokenSource();
                var taking = _share.TakeAsync(bytes, impatience.Token).AsTask();
                if (random.Next(4) == 0)
                {
                    await impatience.CancelAsync();
                }

                await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (taking.IsCompletedSuccessfully)
                {
                    Assert.InRange(Interlocked.Add(ref held, bytes), bytes, 10);
                    await Task.Yield();
                    Interlocked.Add(ref held, -bytes);
                    _share.Release(bytes);
                }
            });

        Assert.True(TakeAsync(10).IsCompletedSuccessfully);
    }

    private Task TakeAsync(long bytes) => _share.TakeAsync(bytes, CancellationToken.None).AsTask();
}
