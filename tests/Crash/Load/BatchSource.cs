using OrleansStream.Crash.Model;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Crash.Load;

/// <summary>Makes the batches of one sender: of any number of records, of any size, now and then a large one.</summary>
internal sealed class BatchSource(Random random)
{
    private const int MaxRecords = 20;
    private const int MaxFillerBytes = 600;
    private const int LargeFillerBytes = 100_000;

    private readonly BatchBuilder _builder = new();

    public int NextSequence { get; private set; }

    /// <param name="producerId">-1 for a sender that is no idempotent producer.</param>
    public PendingBatch Next(int sender, long producerId)
    {
        var first = NextSequence;
        var isLarge = random.Next(50) == 0;
        var count = isLarge ? 1 : random.Next(1, MaxRecords + 1);
        _builder.Reset();
        if (producerId >= 0)
        {
            _builder.SetProducer(producerId, producerEpoch: 0, first);
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            var value = new byte[RecordId.SizeBytes + random.Next(isLarge ? LargeFillerBytes : MaxFillerBytes)];
            new RecordId(sender, first + i).WriteTo(value);
            _builder.Append(value, now);
        }

        NextSequence += count;
        return new PendingBatch(first, count, _builder.Build().ToArray());
    }
}
