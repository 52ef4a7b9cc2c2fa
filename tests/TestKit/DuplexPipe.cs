using System.IO.Pipelines;

namespace OrleansStream.TestKit;

/// <summary>
/// One end of a connection in memory. What is written to one end's output is read from the other's input.
/// </summary>
public sealed class DuplexPipe : IDuplexPipe
{
    private DuplexPipe(PipeReader input, PipeWriter output)
    {
        Input = input;
        Output = output;
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>
    /// Two ends. The server's output takes <paramref name="serverOutputBytes"/> until the client reads.
    /// </summary>
    public static (DuplexPipe Client, DuplexPipe Server) CreatePair(int serverOutputBytes = 64 * 1_024)
    {
        var toServer = new Pipe();
        var toClient = new Pipe(new PipeOptions(
            pauseWriterThreshold: serverOutputBytes, resumeWriterThreshold: serverOutputBytes / 2));
        return (new(toClient.Reader, toServer.Writer), new(toServer.Reader, toClient.Writer));
    }
}
