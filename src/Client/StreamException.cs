using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client;

/// <summary>Something the cluster refused, or did not answer in time.</summary>
public sealed class StreamException : Exception
{
    public StreamException(ErrorCode error, string message, Exception? innerException = null)
        : base(message, innerException)
        => Error = error;

    /// <summary>
    /// What the cluster answered; <see cref="ErrorCode.NetworkException"/> and
    /// <see cref="ErrorCode.RequestTimedOut"/> also stand for no answer at all.
    /// </summary>
    public ErrorCode Error { get; }

    /// <summary>Whether the same call may succeed later without anybody changing anything.</summary>
    public bool IsTransient => Error.IsTransient();

    internal static void ThrowIf(ErrorCode error, string what, string? message = null)
    {
        if (error != ErrorCode.None)
        {
            throw new StreamException(error, message is null ? $"{what}: {error}." : $"{what}: {error}. {message}");
        }
    }
}
