using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What one Fetch reads, and the session it belongs to.</summary>
/// <param name="Error">Why the session refuses the request; then nothing is read.</param>
/// <param name="Session">Null for a request without one.</param>
/// <param name="Epoch">The session's, after this request.</param>
/// <param name="IsIncremental">Whether the reply names only what has changed.</param>
internal readonly record struct FetchTurn(
    ErrorCode Error, FetchPosition[] Positions, FetchSession? Session, int Epoch, bool IsIncremental)
{
    public static FetchTurn WithoutSession(FetchRequest request)
        => new(ErrorCode.None, [.. FetchPosition.ListNamed(request)], Session: null, Epoch: 0, IsIncremental: false);

    public static FetchTurn Refused(ErrorCode error) => new(error, [], Session: null, Epoch: 0, IsIncremental: false);
}
