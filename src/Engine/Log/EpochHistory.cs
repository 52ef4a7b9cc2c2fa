namespace OrleansStream.Engine.Log;

/// <summary>The offset at which the first record of an epoch was written.</summary>
public readonly record struct EpochStart(int Epoch, long StartOffset);

/// <summary>Which epoch wrote which offsets, so that a client can tell whether records it read were lost.</summary>
/// <remarks>Not thread-safe. Epochs and offsets both rise from entry to entry.</remarks>
public sealed class EpochHistory
{
    private readonly List<EpochStart> _starts = [];

    public EpochHistory(IEnumerable<EpochStart> starts)
    {
        foreach (var start in starts)
        {
            Record(start.Epoch, start.StartOffset);
        }
    }

    public IReadOnlyList<EpochStart> Starts => _starts;

    /// <summary>Notes that a batch of this epoch begins at this offset. Only the first of an epoch matters.</summary>
    public void Record(int epoch, long offset)
    {
        if (_starts.Count == 0 || _starts[^1].Epoch < epoch)
        {
            _starts.Add(new EpochStart(epoch, offset));
        }
    }

    /// <summary>The largest epoch not above the one asked about, and the offset after its last record.</summary>
    /// <returns>Epoch -1 and offset -1 when all that is known is newer.</returns>
    public (int Epoch, long EndOffset) FindEnd(int epoch, long logEndOffset)
    {
        for (var i = _starts.Count - 1; i >= 0; i--)
        {
            if (_starts[i].Epoch <= epoch)
            {
                return (_starts[i].Epoch, i + 1 < _starts.Count ? _starts[i + 1].StartOffset : logEndOffset);
            }
        }

        return (-1, -1);
    }

    /// <summary>The epoch in which an offset was written; -1 when that is no longer known.</summary>
    public int FindEpoch(long offset)
    {
        for (var i = _starts.Count - 1; i >= 0; i--)
        {
            if (_starts[i].StartOffset <= offset)
            {
                return _starts[i].Epoch;
            }
        }

        return -1;
    }

    /// <summary>Forgets epochs that ended before the log start; the one that covers it begins there.</summary>
    public void TrimBefore(long logStartOffset)
    {
        while (_starts.Count > 1 && _starts[1].StartOffset <= logStartOffset)
        {
            _starts.RemoveAt(0);
        }

        if (_starts.Count > 0 && _starts[0].StartOffset < logStartOffset)
        {
            _starts[0] = _starts[0] with { StartOffset = logStartOffset };
        }
    }
}
