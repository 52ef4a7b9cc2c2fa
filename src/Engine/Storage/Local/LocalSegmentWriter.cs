using Microsoft.Win32.SafeHandles;
using OrleansStream.Contracts;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Writes one segment under a temporary name and renames it when it is whole and synced.</summary>
internal sealed class LocalSegmentWriter(
    LocalSegmentStore store, PartitionId partition, SegmentName name, SafeFileHandle file, string temporaryPath)
    : ISegmentWriter
{
    private const int BufferBytes = 64 * 1_024;

    private readonly PooledBuffer _buffer = PooledBuffer.Rent(BufferBytes);

    private int _bufferedBytes;
    private long _position;
    private bool _finished; // Committed, failed or disposed.

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFinished();
        if (bytes.Length > BufferBytes - _bufferedBytes)
        {
            WriteBuffered();
        }

        if (bytes.Length >= BufferBytes)
        {
            WriteThrough(bytes.Span);
            return;
        }

        bytes.Span.CopyTo(_buffer.Span[_bufferedBytes..]);
        _bufferedBytes += bytes.Length;
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFinished();
        WriteBuffered();
        _finished = true;

        // Syncing a large segment takes long, and the pool has few threads.
        await Task.Factory
            .StartNew(SyncAndPublish, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        _finished = true;
        if (!file.IsClosed)
        {
            file.Dispose();
            _buffer.Dispose();
            LocalFile.TryDelete(temporaryPath);
            store.Release(temporaryPath);
        }

        return ValueTask.CompletedTask;
    }

    private void SyncAndPublish()
    {
        DiskSync.File(file, temporaryPath);
        store.Publish(partition, name, temporaryPath);
    }

    private void WriteBuffered()
    {
        WriteThrough(_buffer.Span[.._bufferedBytes]);
        _bufferedBytes = 0;
    }

    private void WriteThrough(ReadOnlySpan<byte> bytes)
    {
        try
        {
            LocalFile.Write(file, temporaryPath, _position, bytes);
            _position += bytes.Length;
        }
        catch (IOException)
        {
            _finished = true;
            throw;
        }
    }

    private void ThrowIfFinished()
    {
        if (_finished)
        {
            throw new InvalidOperationException($"{temporaryPath} was committed, or has failed.");
        }
    }
}
