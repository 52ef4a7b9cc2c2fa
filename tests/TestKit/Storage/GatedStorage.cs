using OrleansStream.Engine.Storage;

namespace OrleansStream.TestKit.Storage;

/// <summary>A storage whose journal flushes wait while a test holds them.</summary>
public sealed class GatedStorage(IStorage storage) : IStorage, IJournalStore
{
    private Gate? _gate;

    public ISegmentStore Segments => storage.Segments;

    public IJournalStore Journals => this;

    public ITableStore Tables => storage.Tables;

    /// <summary>Completes when a flush waits; at once when none has to.</summary>
    public Task Held => Volatile.Read(ref _gate)?.Reached.Task ?? Task.CompletedTask;

    /// <summary>From now on flushes wait for <see cref="Release"/>.</summary>
    public void Hold() => Volatile.Write(ref _gate, new Gate());

    public void Release() => Interlocked.Exchange(ref _gate, null)?.Opened.SetResult();

    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
        => new Writer(this, await storage.Journals.CreateAsync(name, cancellationToken));

    public ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
        => storage.Journals.OpenAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
        => storage.Journals.ListAsync(cancellationToken);

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
        => storage.Journals.DeleteAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    private sealed class Gate
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Writer(GatedStorage gates, IJournalWriter writer) : IJournalWriter
    {
        public long LengthBytes => writer.LengthBytes;

        public ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
            => writer.AppendAsync(position, bytes, cancellationToken);

        public async ValueTask FlushAsync(CancellationToken cancellationToken)
        {
            if (Volatile.Read(ref gates._gate) is { } gate)
            {
                gate.Reached.TrySetResult();
                await gate.Opened.Task;
            }

            await writer.FlushAsync(cancellationToken);
        }

        public ValueTask SealAsync(CancellationToken cancellationToken) => writer.SealAsync(cancellationToken);

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }
}
