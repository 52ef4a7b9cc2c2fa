namespace OrleansStream.Contracts;

/// <summary>
/// Consumer groups: who belongs to each, what every member was assigned, and how far the group has read. The port that
/// gateways and clients call, whoever hosts it.
/// </summary>
/// <remarks>
/// Expected outcomes come back as a <see cref="StreamError"/>. <see cref="StreamError.NotHosted"/> and
/// <see cref="StreamError.StorageFailed"/> mean that the group is being loaded or moved: ask again. What is answered
/// with success about offsets and about generations is durable before the answer.
/// </remarks>
public interface IGroupCoordinator
{
    /// <summary>
    /// Joins a group, or asks it to rebalance. Answers when the generation is complete: when every known member has
    /// joined, or the rebalance timeout has removed those that did not.
    /// </summary>
    [ResponseTimeout("01:00:00")]
    ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Hands in the assignments (the leader) and asks for one's own. Answers when the leader has handed them in.
    /// </summary>
    [ResponseTimeout("01:00:00")]
    ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Says that a member is alive; <see cref="StreamError.RebalanceInProgress"/> tells it to join again.
    /// </summary>
    ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken);

    /// <summary>Removes members at once, without waiting for their session timeouts.</summary>
    ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Stores how far the group has read. Durable before it is answered; the answer has one error per offset.
    /// </summary>
    ValueTask<CommitOffsetsReply> CommitOffsetsAsync(CommitOffsetsRequest request, CancellationToken cancellationToken);

    /// <summary>What the group has committed. A group that does not exist has committed nothing.</summary>
    ValueTask<FetchOffsetsReply> FetchOffsetsAsync(FetchOffsetsRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets offsets of partitions that no member of the group is subscribed to.</summary>
    ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(DeleteOffsetsRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets a group without members, and its offsets.</summary>
    ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken);

    /// <summary>A group that does not exist is described as <see cref="GroupState.Dead"/>.</summary>
    ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken);

    /// <summary>All groups, in no particular order.</summary>
    ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken);
}
