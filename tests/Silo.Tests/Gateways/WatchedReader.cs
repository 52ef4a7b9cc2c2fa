using System.IO.Pipelines;
using System.Threading.Channels;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>Passes everything on, and tells when its reader has seen so many bytes and waits for more.</summary>
internal sealed class WatchedReader(PipeReader inner) : PipeReader
{
    private readonly Channel<long> _waits = Channel.CreateUnbounded<long>();
    private ReadResult _latest;
    private long _consumedBytes;
    private long _seenBytes;

    public async Task WaitsAfterAsync(long bytes)
    {
        while (await _waits.Reader.ReadAsync().AsTask().WaitAsync(Waits.Long) < bytes)
        {
        }
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        if (!reading.IsCompleted)
        {
            Assert.True(_waits.Writer.TryWrite(_seenBytes));
        }

        return _latest = await reading;
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seenBytes = _consumedBytes + _latest.Buffer.Length;
        _consumedBytes += _latest.Buffer.Slice(0, consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
