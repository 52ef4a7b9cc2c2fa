using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Hosting.Memory;

public sealed class ByteBudgetTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _time = new();
    private readonly ByteBudget _budget;

    public ByteBudgetTests() => _budget = new ByteBudget(capacityBytes: 100, maxWaiters: 10, _time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _budget.DisposeAsync();

    [Fact]
    public void There_is_no_more_than_the_capacity()
    {
        Assert.True(_budget.TryReserve(60));
        Assert.False(_budget.TryReserve(41));
        Assert.True(_budget.TryReserve(40));
        Assert.Equal(100, _budget.UsedBytes);

        _budget.Release(60);
        Assert.Equal(40, _budget.UsedBytes);
    }

    [Fact]
    public async Task All_of_a_budget_can_be_used()
    {
        const int pieceBytes = 1_000;
        await using var budget = new ByteBudget(capacityBytes: 100 * pieceBytes, maxWaiters: 10, _time);

        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(budget.TryReserve(pieceBytes)));
        Assert.False(budget.TryReserve(1));
        Assert.Equal(budget.CapacityBytes, budget.UsedBytes);
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_they_came()
    {
        Assert.True(_budget.TryReserve(100));
        var large = ReserveAsync(80);
        var small = ReserveAsync(10);
        Assert.False(_budget.TryReserve(1));

        _budget.Release(30); // Enough for the second, but the first came first.
        Assert.False(small.IsCompleted);

        _budget.Release(70);
        Assert.True(await large);
        Assert.True(await small);
        Assert.Equal(90, _budget.UsedBytes);
    }

    [Fact]
    public async Task Whoever_waits_too_long_is_refused_and_the_next_served()
    {
        Assert.True(_budget.TryReserve(50));
        var first = _budget.ReserveAsync(80, TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();
        var second = ReserveAsync(50);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(await first);
        Assert.True(await second);
        Assert.Equal(100, _budget.UsedBytes);
    }

    [Fact]
    public async Task Whoever_is_cancelled_takes_nothing_and_the_next_is_served()
    {
        using var cancelling = new CancellationTokenSource();
        Assert.True(_budget.TryReserve(50));
        var first = _budget.ReserveAsync(80, Long, cancelling.Token).AsTask();
        var second = ReserveAsync(50);

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(await second);
        Assert.Equal(100, _budget.UsedBytes);
    }

    [Fact]
    public async Task More_than_everything_is_granted_when_everything_is_free()
    {
        Assert.True(_budget.TryReserve(1));
        var oversize = ReserveAsync(1_000);
        Assert.False(oversize.IsCompleted);

        _budget.Release(1);
        Assert.True(await oversize);
        Assert.False(_budget.TryReserve(1));

        _budget.Release(1_000);
        Assert.True(_budget.TryReserve(100));
    }

    [Fact]
    public async Task One_waiter_too_many_is_refused_at_once()
    {
        Assert.True(_budget.TryReserve(100));
        var waiting = new List<Task<bool>>();
        Task<bool> refused;
        while (!(refused = ReserveAsync(1)).IsCompleted)
        {
            waiting.Add(refused);
            Assert.InRange(waiting.Count, 1, 11); // One of them may have been taken out of the queue already.
        }

        Assert.False(await refused);
        _budget.Release(100);
        Assert.All(await Task.WhenAll(waiting), Assert.True);
    }

    [Fact]
    public async Task Disposing_refuses_all_who_wait_and_whoever_would_have_to()
    {
        Assert.True(_budget.TryReserve(100));
        var waiting = Enumerable.Range(0, 5).Select(_ => ReserveAsync(1)).ToArray();

        await _budget.DisposeAsync();

        Assert.All(await Task.WhenAll(waiting), Assert.False);
        Assert.False(await ReserveAsync(1));
        Assert.Equal(100, _budget.UsedBytes);
    }

    // Many take and give back, give up by time and by cancellation. It is never more than the capacity, nobody is
    // forgotten, and in the end everything is free again.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 100)]
    [InlineData(4, 100)]
    public async Task Under_random_use_nothing_is_lost_and_nothing_is_given_twice(int seed, int scale)
    {
        var capacity = 1_000 * scale; // The larger one is large enough to be shared out to processors.
        await using var budget = new ByteBudget(capacity, maxWaiters: 1_000, TimeProvider.System);
        var used = 0L;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(task => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + task);
            for (var i = 0; i < 500; i++)
            {
                var bytes = random.Next(1, random.Next(2) == 0 ? 400 : 400 * scale);
                if (!await TryReserveAsync(budget, bytes, random))
                {
                    continue;
                }

                Assert.InRange(Interlocked.Add(ref used, bytes), 0, capacity);
                if (random.Next(2) == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Add(ref used, -bytes);
                budget.Release(bytes);
            }
        })));

        Assert.Equal(0, budget.UsedBytes);
        Assert.True(await budget.ReserveAsync(capacity, Long, CancellationToken.None));
    }

    private static async Task<bool> TryReserveAsync(ByteBudget budget, int bytes, Random random)
    {
        using var cancelling = new CancellationTokenSource();
        var timeout = random.Next(3) == 0 ? TimeSpan.FromTicks(random.Next(5_000)) : Long;
        var reserving = budget.ReserveAsync(bytes, timeout, cancelling.Token);
        if (random.Next(4) == 0)
        {
            await cancelling.CancelAsync();
        }

        try
        {
            return await reserving;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Task<bool> ReserveAsync(long bytes) => _budget.ReserveAsync(bytes, Long, CancellationToken.None).AsTask();
}
