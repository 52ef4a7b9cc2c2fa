using OrleansStream.Protocols.Kafka;

namespace OrleansStream.TestKit.Clients;

/// <summary>A silo answered a request with an error.</summary>
public sealed class KafkaRefusedException(string what, ErrorCode error, string? message)
    : Exception($"{what}: {error}. {message}")
{
    public ErrorCode Error => error;

    /// <summary>Fails when there is an error.</summary>
    public static void ThrowIf(ErrorCode error, string what, string? message = null)
    {
        if (error != ErrorCode.None)
        {
            throw new KafkaRefusedException(what, error, message);
        }
    }
}
