namespace OrleansStream.Contracts;

/// <summary>Why a request was not carried out. Expected outcomes only: a bug or a lost disk is an exception.</summary>
[GenerateSerializer, Alias("OrleansStream.StreamError")]
public enum StreamError
{
    None,

    /// <summary>No such topic, or no such partition in it; it may just have been deleted.</summary>
    UnknownTopicOrPartition,

    /// <summary>The topic id is not, or no longer, in the catalog.</summary>
    UnknownTopicId,

    /// <summary>The offset lies before the log start or after the high watermark.</summary>
    OffsetOutOfRange,

    /// <summary>
    /// A batch whose length or checksum contradicts its bytes: it was damaged on its way, and sending it again may
    /// help.
    /// </summary>
    CorruptBatch,

    /// <summary>The batch is larger than the topic's <c>max.message.bytes</c>.</summary>
    BatchTooLarge,

    /// <summary>A record's timestamp lies further from the clock than the topic allows.</summary>
    InvalidTimestamp,

    /// <summary>The batch contradicts itself, or is not allowed in this topic: sending it again cannot help.</summary>
    InvalidRecord,

    /// <summary>A batch of this producer before this one is missing.</summary>
    OutOfOrderSequence,

    /// <summary>A retry so old that its offset is no longer remembered.</summary>
    DuplicateSequence,

    /// <summary>A newer session of this producer has written.</summary>
    InvalidProducerEpoch,

    /// <summary>The batch format or kind is not supported (old formats, transactions).</summary>
    UnsupportedBatch,

    /// <summary>
    /// There was no room, or no answer, within the request's timeout. It may or may not have been stored.
    /// </summary>
    TimedOut,

    /// <summary>The storage failed; the partition is being reopened. Retry.</summary>
    StorageFailed,

    /// <summary>The partition is not hosted here, or is just being opened. Refresh and retry.</summary>
    NotHosted,

    /// <summary>The caller's leader epoch is older than the partition's.</summary>
    FencedLeaderEpoch,

    /// <summary>The caller's leader epoch is newer than the partition's.</summary>
    UnknownLeaderEpoch,

    /// <summary>A topic of that name exists.</summary>
    TopicExists,

    /// <summary>Not a legal topic name, or one that differs from an existing one only in '.' and '_'.</summary>
    InvalidTopicName,

    /// <summary>Not a legal number of partitions.</summary>
    InvalidPartitionCount,

    /// <summary>Not a legal replication factor or assignment.</summary>
    InvalidReplication,

    /// <summary>An unknown configuration name, or a value out of its range.</summary>
    InvalidConfig,

    /// <summary>The request contradicts itself.</summary>
    InvalidRequest,

    /// <summary>A limit of this cluster would be exceeded.</summary>
    LimitExceeded,

    /// <summary>The member is not, or no longer, in the group.</summary>
    UnknownMember,

    /// <summary>The member believes in another generation than the group's.</summary>
    IllegalGeneration,

    /// <summary>No protocol is common to all members, or the group is of another type.</summary>
    InconsistentGroupProtocol,

    /// <summary>The group forms its next generation: join again.</summary>
    RebalanceInProgress,

    /// <summary>The session timeout lies outside the range the cluster allows.</summary>
    InvalidSessionTimeout,

    /// <summary>A group id is missing where one is needed.</summary>
    InvalidGroupId,

    /// <summary>Join again with the member id that was given.</summary>
    MemberIdRequired,

    /// <summary>Another process has taken over the static member.</summary>
    FencedInstanceId,

    /// <summary>The group has as many members as are allowed.</summary>
    GroupFull,

    /// <summary>The group still has members.</summary>
    NonEmptyGroup,

    /// <summary>There is no such group.</summary>
    GroupIdNotFound,

    /// <summary>A member of the group is subscribed to the topic.</summary>
    GroupSubscribedToTopic,

    /// <summary>The note beside an offset is longer than the cluster allows.</summary>
    OffsetMetadataTooLarge,

    /// <summary>The caller may not do that.</summary>
    NotAuthorized,

    /// <summary>The user has no such credential.</summary>
    UnknownUser,
}
