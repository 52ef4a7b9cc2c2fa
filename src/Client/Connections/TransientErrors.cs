using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Connections;

/// <summary>Which refusals pass by themselves.</summary>
internal static class TransientErrors
{
    /// <summary>Worth asking again, perhaps somebody else.</summary>
    public static bool IsTransient(this ErrorCode error) => error is ErrorCode.CorruptMessage
        or ErrorCode.UnknownTopicOrPartition
        or ErrorCode.UnknownTopicId
        or ErrorCode.RequestTimedOut
        or ErrorCode.BrokerNotAvailable
        or ErrorCode.ReplicaNotAvailable
        or ErrorCode.NetworkException
        or ErrorCode.CoordinatorLoadInProgress
        or ErrorCode.NotEnoughReplicas
        or ErrorCode.NotEnoughReplicasAfterAppend
        or ErrorCode.NotController
        or ErrorCode.KafkaStorageError
        or ErrorCode.UnknownLeaderEpoch
        or ErrorCode.OffsetNotAvailable
        or ErrorCode.UnstableOffsetCommit
        or ErrorCode.ConcurrentTransactions
        or ErrorCode.ThrottlingQuotaExceeded
        || error.MeansMoved();

    /// <summary>Somebody else is to be asked: what is known of leaders and coordinators is outdated.</summary>
    public static bool MeansMoved(this ErrorCode error) => error is ErrorCode.LeaderNotAvailable
        or ErrorCode.NotLeaderOrFollower
        or ErrorCode.FencedLeaderEpoch
        or ErrorCode.CoordinatorNotAvailable
        or ErrorCode.NotCoordinator;
}
