using System.Buffers;
using System.IO.Pipelines;

namespace OrleansStream.Cli.Records;

/// <summary>Cuts a stream into lines, without copying where that can be helped.</summary>
/// <remarks>
/// A line is what stands before a line feed, a carriage return included; the last may lack its line feed. A line is
/// valid until the next is asked for.
/// </remarks>
internal sealed class LineReader(Stream stream)
{
    /// <summary>No record can be longer; a file without lines shall not fill the memory.</summary>
    public const int MaxLineBytes = 64 * 1_024 * 1_024;

    private const int BufferBytes = 256 * 1_024;
    private const byte LineFeed = (byte)'\n';

    private readonly PipeReader _input = PipeReader.Create(
        stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true));

    private ReadOnlySequence<byte> _buffer;
    private bool _isAtEnd;
    private bool _isHeld;

    /// <summary>How many lines were taken.</summary>
    public long LineCount { get; private set; }

    /// <summary>How many bytes of the stream they were.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>Waits until there is something to take, once everything was taken.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="FormatException">A line is too long.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_isAtEnd)
        {
            if (_isHeld)
            {
                _input.AdvanceTo(_buffer.Start, _buffer.End);
            }

            // A read of a terminal cannot be cancelled; it is left behind where nobody waits for it any more.
            var result = await _input.ReadAsync(CancellationToken.None).AsTask().WaitAsync(cancellationToken);
            _isHeld = true;
            _buffer = result.Buffer;
            _isAtEnd = result.IsCompleted;
            if (_buffer.PositionOf(LineFeed) is not null || (_isAtEnd && !_buffer.IsEmpty))
            {
                return true;
            }

            if (_buffer.Length > MaxLineBytes)
            {
                throw new FormatException($"longer than {MaxLineBytes} bytes");
            }
        }

        return false;
    }

    public bool TryTake(out ReadOnlyMemory<byte> line)
    {
        var end = _buffer.PositionOf(LineFeed);
        if (end is null && (!_isAtEnd || _buffer.IsEmpty))
        {
            line = default;
            return false;
        }

        var cut = end is { } position ? _buffer.Slice(0, position) : _buffer;
        var next = end is { } feed ? _buffer.GetPosition(1, feed) : _buffer.End;
        line = cut.IsSingleSegment ? cut.First : cut.ToArray();
        _buffer = _buffer.Slice(next);
        LineCount++;
        TakenBytes += line.Length + (end is null ? 0 : 1);
        return true;
    }
}
