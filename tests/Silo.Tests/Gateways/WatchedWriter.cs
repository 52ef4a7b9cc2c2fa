using System.IO.Pipelines;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>Passes everything on, and tells when its writer waits for the other side to read.</summary>
internal sealed class WatchedWriter(PipeWriter inner) : PipeWriter
{
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task WaitsAsync() => _waits.Task.WaitAsync(Waits.Long);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flushing = inner.FlushAsync(cancellationToken);
        if (!flushing.IsCompleted)
        {
            _waits.TrySetResult();
        }

        return flushing;
    }

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
