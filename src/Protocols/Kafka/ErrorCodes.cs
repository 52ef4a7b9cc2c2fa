using System.Diagnostics;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka;

/// <summary>The one table that says how each refusal is told in the Kafka protocol.</summary>
public static class ErrorCodes
{
    public static ErrorCode ToErrorCode(this StreamError error) => error switch
    {
        StreamError.None => ErrorCode.None,
        StreamError.UnknownTopicOrPartition => ErrorCode.UnknownTopicOrPartition,
        StreamError.UnknownTopicId => ErrorCode.UnknownTopicId,
        StreamError.OffsetOutOfRange => ErrorCode.OffsetOutOfRange,
        StreamError.CorruptBatch => ErrorCode.CorruptMessage,
        StreamError.BatchTooLarge => ErrorCode.MessageTooLarge,
        StreamError.InvalidTimestamp => ErrorCode.InvalidTimestamp,
        StreamError.InvalidRecord => ErrorCode.InvalidRecord,
        StreamError.OutOfOrderSequence => ErrorCode.OutOfOrderSequenceNumber,
        StreamError.DuplicateSequence => ErrorCode.DuplicateSequenceNumber,
        StreamError.InvalidProducerEpoch => ErrorCode.InvalidProducerEpoch,
        StreamError.UnsupportedBatch => ErrorCode.UnsupportedForMessageFormat,
        StreamError.TimedOut => ErrorCode.RequestTimedOut,
        StreamError.StorageFailed => ErrorCode.KafkaStorageError,
        StreamError.NotHosted => ErrorCode.NotLeaderOrFollower,
        StreamError.FencedLeaderEpoch => ErrorCode.FencedLeaderEpoch,
        StreamError.UnknownLeaderEpoch => ErrorCode.UnknownLeaderEpoch,
        StreamError.TopicExists => ErrorCode.TopicAlreadyExists,
        StreamError.InvalidTopicName => ErrorCode.InvalidTopicException,
        StreamError.InvalidPartitionCount => ErrorCode.InvalidPartitions,
        StreamError.InvalidReplication => ErrorCode.InvalidReplicationFactor,
        StreamError.InvalidConfig => ErrorCode.InvalidConfig,
        StreamError.InvalidRequest => ErrorCode.InvalidRequest,
        StreamError.LimitExceeded => ErrorCode.PolicyViolation,
        StreamError.UnknownMember => ErrorCode.UnknownMemberId,
        StreamError.IllegalGeneration => ErrorCode.IllegalGeneration,
        StreamError.InconsistentGroupProtocol => ErrorCode.InconsistentGroupProtocol,
        StreamError.RebalanceInProgress => ErrorCode.RebalanceInProgress,
        StreamError.InvalidSessionTimeout => ErrorCode.InvalidSessionTimeout,
        StreamError.InvalidGroupId => ErrorCode.InvalidGroupId,
        StreamError.MemberIdRequired => ErrorCode.MemberIdRequired,
        StreamError.FencedInstanceId => ErrorCode.FencedInstanceId,
        StreamError.GroupFull => ErrorCode.GroupMaxSizeReached,
        StreamError.NonEmptyGroup => ErrorCode.NonEmptyGroup,
        StreamError.GroupIdNotFound => ErrorCode.GroupIdNotFound,
        StreamError.GroupSubscribedToTopic => ErrorCode.GroupSubscribedToTopic,
        StreamError.OffsetMetadataTooLarge => ErrorCode.OffsetMetadataTooLarge,
        StreamError.NotAuthorized => ErrorCode.TopicAuthorizationFailed,
        StreamError.UnknownUser => ErrorCode.ResourceNotFound,
        _ => throw new UnreachableException($"{error} is not in the table of error codes."),
    };

    /// <summary>For what Kafka's controller does: admin clients look for it again on these codes, and repeat.</summary>
    public static ErrorCode ToControllerErrorCode(this StreamError error)
        => error is StreamError.NotHosted or StreamError.StorageFailed
            ? ErrorCode.NotController
            : error.ToErrorCode();
}
