using System.Collections.Concurrent;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client.Producing;

/// <summary>Builders whose memory has grown to the size of a batch, to be used again.</summary>
/// <remarks>At most as many are kept as fit into the producer's buffer. Thread-safe.</remarks>
internal sealed class BuilderPool(int maxCount)
{
    private readonly ConcurrentBag<BatchBuilder> _idle = [];

    public BatchBuilder Take() => _idle.TryTake(out var builder) ? builder : new BatchBuilder();

    /// <summary>Only of a batch that nobody reads any more.</summary>
    public void Return(BatchBuilder builder)
    {
        if (_idle.Count < maxCount)
        {
            builder.Reset();
            _idle.Add(builder);
        }
    }
}
