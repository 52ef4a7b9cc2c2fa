using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The hash of a record's key, and where the record is.</summary>
public readonly record struct DirtyKey(KeyHash Hash, long Offset);

/// <summary>Reads the keys of batches as hashes, for a <see cref="CompactionPass"/> to note.</summary>
/// <remarks>
/// All that can be found out without what was noted before is found out here, so that several of these may work on
/// successive stretches of a log at once. It reads a bounded number of keys at a time, as a few compressed bytes may
/// hold very many; whoever has noted them asks for the next.
///
/// Records without a key, and those outside of the range, are left out. So are those of a batch that cannot be decoded,
/// or from where its records are malformed on: the batch will stay as it is.
///
/// Not thread-safe; keeps its memory from stretch to stretch.
/// </remarks>
/// <param name="range">The range of the pass.</param>
/// <param name="seed">That of the pass.</param>
public sealed class DirtyKeys(DirtyRange range, UInt128 seed) : IDisposable
{
    /// <summary>More than a megabyte of records usually has.</summary>
    private const int Capacity = 16 * 1_024;

    private readonly PooledBuffer _memory = PooledBuffer.Rent(Capacity * Unsafe.SizeOf<DirtyKey>());
    private int _count;
    private ReadOnlyMemory<byte> _batches;
    private DecodedBatch? _open;
    private RecordPosition _position;

    /// <summary>Those that were read last.</summary>
    public ReadOnlySpan<DirtyKey> Keys => Room[.._count];

    /// <summary>Where the records begin that were not read yet; nothing is known of it before the first.</summary>
    public long? EndOffset { get; private set; }

    /// <summary>Whether there are no further ones.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether that is because the range ends.</summary>
    public bool IsAtEndOfRange { get; private set; }

    private Span<DirtyKey> Room => MemoryMarshal.Cast<byte, DirtyKey>(_memory.Span);

    /// <summary>Begins to read whole batches, which stay as they are until it is at the end of them.</summary>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public void Begin(ReadOnlyMemory<byte> batches)
    {
        Close();
        _batches = batches;
        EndOffset = null;
        IsAtEnd = IsAtEndOfRange = false;
        ReadOn();
    }

    /// <summary>Reads the next keys.</summary>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public void ReadOn()
    {
        _count = 0;
        while (_count < Capacity)
        {
            if (_open is { } open || TryOpen(out open))
            {
                Read(open);
            }
            else
            {
                IsAtEnd = true;
                return;
            }
        }
    }

    public void Dispose()
    {
        Close();
        _memory.Dispose();
    }

    private bool TryOpen(out DecodedBatch open)
    {
        open = default;
        if (!BatchHeader.TryRead(_batches.Span, out var header))
        {
            return false;
        }

        if (header.BaseOffset >= range.EndOffset)
        {
            IsAtEndOfRange = true;
            return false;
        }

        var batch = _batches[..header.TotalBytes];
        DecodedBatch.ThrowIfDamaged(batch, header);
        open = DecodedBatch.Open(batch, header);
        _open = open;
        _position = default;
        _batches = _batches[header.TotalBytes..];
        return true;
    }

    // As many keys of the batch as there is room for.
    private void Read(in DecodedBatch open)
    {
        var header = open.Header;
        try
        {
            var records = new RecordKeyReader(
                open.Records.Span, header.RecordCount, header.LastOffsetDelta, _position);
            if (open.IsDecoded && !ReadAll(ref records, header.BaseOffset))
            {
                _position = records.Position;
                EndOffset = header.BaseOffset + _position.OffsetDelta;
                return;
            }
        }
        catch (ProtocolException)
        {
            // The batch will stay as it is, so what its keys superseded need not go.
        }

        EndOffset = header.NextOffset;
        Close();
    }

    // On copies: what only this method has can stay in registers. False when there are more than there is room for.
    private bool ReadAll(ref RecordKeyReader reader, long baseOffset)
    {
        var records = reader;
        var room = Room;
        var count = _count;
        while (count < room.Length)
        {
            if (!records.MoveNext())
            {
                _count = count;
                return true;
            }

            var offset = baseOffset + records.Current.OffsetDelta;
            if (records.Current.HasKey && offset >= range.StartOffset)
            {
                room[count++] = new DirtyKey(KeyHash.Compute(records.Current.Key, seed), offset);
            }
        }

        _count = count;
        reader = records;
        return false;
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}
