using System.IO.Pipelines;
using System.Text;
using OrleansStream.Cli.Records;

namespace OrleansStream.Cli.Tests.Records;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("one\r\n\ntwo\nlast", new[] { "one\r", "", "two", "last" })]
    public async Task Lines_are_the_same_wherever_the_stream_is_cut(string text, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var pipe = new Pipe();
            var reader = new LineReader(pipe.Reader.AsStream());
            var reading = ReadAllAsync(reader);
            await pipe.Writer.WriteAsync(bytes.AsMemory(0, cut));
            await pipe.Writer.WriteAsync(bytes.AsMemory(cut));
            await pipe.Writer.CompleteAsync();

            Assert.Equal(expected, await reading);
            Assert.Equal(bytes.Length, reader.TakenBytes);
            Assert.Equal(expected.Length, reader.LineCount);
        }
    }

    [Fact]
    public async Task A_line_without_end_is_refused_before_it_fills_the_memory()
    {
        using var endless = new Endless();

        await Assert.ThrowsAsync<FormatException>(() => ReadAllAsync(new LineReader(endless)));

        Assert.InRange(endless.ReadBytes, LineReader.MaxLineBytes, LineReader.MaxLineBytes + 1_024 * 1_024);
    }

    private static async Task<List<string>> ReadAllAsync(LineReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            while (reader.TryTake(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line.Span));
            }
        }

        return lines;
    }

    private sealed class Endless : MemoryStream
    {
        public long ReadBytes { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            ReadBytes += buffer.Length;
            return new(buffer.Length);
        }
    }
}
