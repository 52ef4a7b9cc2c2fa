using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Crash.Load;

/// <summary>Which errors a silo may answer with when nothing is wrong with the request.</summary>
/// <param name="storageMayFail">Whether the storage is disturbed.</param>
internal sealed class Refusals(bool storageMayFail)
{
    /// <summary>Whether the request may be tried again.</summary>
    /// <remarks>
    /// A silo that stops refuses, and so does one that opens its storage anew; there a batch may then miss the one
    /// before.
    /// </remarks>
    public bool AreForNow(ErrorCode error) => error switch
    {
        ErrorCode.NotLeaderOrFollower => true,
        ErrorCode.KafkaStorageError
            or ErrorCode.RequestTimedOut
            or ErrorCode.OutOfOrderSequenceNumber
            or ErrorCode.NotController
            or ErrorCode.LeaderNotAvailable
            or ErrorCode.CoordinatorLoadInProgress => storageMayFail,
        _ => false,
    };
}
