using System.Diagnostics;
using OrleansStream.Engine.Storage;

namespace OrleansStream.TestKit.Storage;

/// <summary>Appends to a journal file in memory, and fails as planned; after that it refuses everything.</summary>
internal sealed class FaultyJournalWriter(
    FaultPlan plan, string name, IJournalWriter file, Action<int> setDurableBytes) : IJournalWriter
{
    private int _durableBytes;
    private IOException? _failure;

    public long LengthBytes => file.LengthBytes;

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var operation = Begin("append");
        var written = operation.Fault switch
        {
            null or Fault.LostReply => bytes,
            Fault.Error or Fault.DiskFull => bytes[..operation.Random!.Next(bytes.Length + 1)],
            Fault.Torn => JournalRemains.WithoutSector(bytes.Span, from: 0, operation.Random!, offset: position),
            _ => throw new UnreachableException(),
        };
        await file.AppendAsync(position, written, cancellationToken);
        ThrowIfPlanned(operation);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var operation = Begin("flush");
        await file.FlushAsync(cancellationToken);
        var length = (int)LengthBytes;
        _durableBytes = operation.Fault switch
        {
            null or Fault.LostReply => length,
            Fault.Error or Fault.DiskFull => _durableBytes,
            Fault.Torn => operation.Random!.Next(_durableBytes, length + 1),
            _ => throw new UnreachableException(),
        };
        setDurableBytes(_durableBytes);
        ThrowIfPlanned(operation);
    }

    public async ValueTask SealAsync(CancellationToken cancellationToken)
    {
        var operation = Begin("seal");
        if (operation.Fault is null or Fault.LostReply)
        {
            await file.SealAsync(cancellationToken);
        }

        ThrowIfPlanned(operation);
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private PlannedOperation Begin(string what)
    {
        var operation = plan.Begin($"{what} journal {name}");
        return _failure is null ? operation : throw new IOException($"{name} failed before.", _failure);
    }

    private void ThrowIfPlanned(PlannedOperation operation)
    {
        if (operation.Failure is { } failure)
        {
            _failure = failure;
            throw failure;
        }
    }
}
