namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Appends to one journal file in memory.</summary>
internal sealed class MemoryJournalWriter(string name, MemoryFile file) : IJournalWriter
{
    private IOException? _failure;

    public long LengthBytes => file.Content.LengthBytes;

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        try
        {
            if (file.IsSealed || position != LengthBytes)
            {
                throw new IOException(file.IsSealed
                    ? $"Journal file '{name}' is sealed."
                    : $"Journal file '{name}' ends at {LengthBytes}; an append at {position} does not fit.");
            }

            file.Append(bytes.Span);
        }
        catch (IOException e)
        {
            _failure = e;
            throw;
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
    }

    public async ValueTask SealAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        file.Seal();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"Journal file '{name}' failed before: {failure.Message}", failure);
        }
    }
}
