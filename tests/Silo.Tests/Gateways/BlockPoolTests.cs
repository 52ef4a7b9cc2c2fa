using OrleansStream.Silo.Gateways;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class BlockPoolTests
{
    [Fact]
    public void A_returned_block_is_given_out_again()
    {
        using var pool = new BlockPool();
        var first = pool.Rent(1);
        first.Memory.Span[0] = 42;

        first.Dispose();
        first.Dispose();

        using var second = pool.Rent(BlockPool.BlockBytes);
        using var third = pool.Rent(1);
        Assert.Same(first, second);
        Assert.NotSame(second, third);
        Assert.Equal(BlockPool.BlockBytes, second.Memory.Length);
    }

    [Fact]
    public void More_than_a_block_is_not_for_this_pool()
    {
        using var pool = new BlockPool();

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.BlockBytes + 1));
    }
}
