using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>Collects queued batches into one block, and answers for them once it is flushed.</summary>
/// <remarks>Owned by the journal's loop. The buffer is reused from block to block.</remarks>
internal sealed class JournalBlockWriter(Guid journalId, int maxBlockBytes)
{
    // What a single batch larger than a block makes the buffer grow to is not kept.
    private readonly byte[] _buffer = new byte[maxBlockBytes + JournalBlock.HeaderBytes(JournalBlock.MaxEntries)];
    private readonly List<JournalEntry> _entries = [];
    private long _blockNumber;
    private int _payloadBytes;
    private int _batchCount;

    /// <summary>Whether there is nothing to write; there may still be waiters to answer.</summary>
    public bool IsEmpty => _batchCount == 0;

    /// <summary>What the batches of the block were charged with in the budget of the journal.</summary>
    public long ChargedBytes => _payloadBytes + ((long)_batchCount * Journal.EntryOverheadBytes);

    public void Begin()
    {
        _entries.Clear();
        _payloadBytes = 0;
        _batchCount = 0;
    }

    /// <summary>Adds an entry unless the block is full; the first is always taken.</summary>
    public bool TryAdd(in JournalEntry entry)
    {
        if (_entries.Count > 0
            && (_payloadBytes + entry.Batch.Length > maxBlockBytes || _batchCount == JournalBlock.MaxEntries))
        {
            return false;
        }

        _entries.Add(entry);
        if (entry.Cursor is not null)
        {
            _payloadBytes += entry.Batch.Length;
            _batchCount++;
        }

        return true;
    }

    /// <summary>The bytes of the block; valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        var headerBytes = JournalBlock.HeaderBytes(_batchCount);
        var length = headerBytes + _payloadBytes;
        var block = (length <= _buffer.Length ? _buffer : new byte[length]).AsMemory(0, length);
        var payload = block.Span[headerBytes..];
        var index = 0;
        foreach (var entry in _entries)
        {
            if (entry.Cursor is { } cursor)
            {
                BatchHeader.TryRead(entry.Batch.Span, out var header);
                JournalBlock.WriteIndexEntry(block.Span, index++, cursor.Partition, header);
                entry.Batch.Span.CopyTo(payload);
                payload = payload[entry.Batch.Length..];
            }
        }

        JournalBlock.WriteHeader(block.Span, journalId, _blockNumber++, _batchCount);
        return block;
    }

    /// <summary>The block is flushed: moves the high watermarks and answers.</summary>
    public void Complete(long file)
    {
        foreach (var entry in _entries)
        {
            if (entry.Cursor is { } cursor)
            {
                cursor.NoteWritten(file, entry.FirstOffset);
                cursor.HighWatermark.Advance(entry.NextOffset);
            }

            entry.Ticket.Succeed();
        }
    }

    /// <summary>The block could not be written or flushed.</summary>
    public void Fail(string message)
    {
        foreach (var entry in _entries)
        {
            entry.Ticket.Fail(StreamError.StorageFailed, message);
        }
    }
}
