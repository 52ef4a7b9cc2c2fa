using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class RequestWindowTests
{
    private readonly RequestWindow _window = new(maxCount: 3, maxBytes: 100);

    [Fact]
    public void Requests_enter_up_to_the_number()
    {
        Assert.True(Enter(1).IsCompletedSuccessfully);
        Assert.True(Enter(1).IsCompletedSuccessfully);
        Assert.True(Enter(1).IsCompletedSuccessfully);
        Assert.False(Enter(1).IsCompleted);
    }

    [Theory]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public void Requests_enter_up_to_the_bytes(int bytes, bool enters)
    {
        Assert.True(Enter(60).IsCompletedSuccessfully);
        Assert.Equal(enters, Enter(bytes).IsCompleted);
    }

    [Fact]
    public void One_request_enters_however_large_it_is()
    {
        Assert.True(Enter(int.MaxValue).IsCompletedSuccessfully);
        Assert.False(Enter(1).IsCompleted);
    }

    [Fact]
    public async Task The_one_that_waits_enters_as_soon_as_there_is_room()
    {
        Assert.True(Enter(60).IsCompletedSuccessfully);
        Assert.True(Enter(30).IsCompletedSuccessfully);
        var waiting = Enter(50);

        _window.Leave(30);
        Assert.False(waiting.IsCompleted);
        _window.Leave(60);

        await waiting.WaitAsync(Waits.Long);
        Assert.False(Enter(51).IsCompleted);
    }

    [Fact]
    public async Task Waiting_ends_when_the_connection_does()
    {
        using var closed = new CancellationTokenSource();
        Assert.True(Enter(100).IsCompletedSuccessfully);
        var waiting = _window.EnterAsync(1, closed.Token).AsTask();

        await closed.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private Task Enter(int bytes) => _window.EnterAsync(bytes, CancellationToken.None).AsTask();
}
