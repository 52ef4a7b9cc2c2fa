namespace OrleansStream.Contracts;

/// <summary>What a coordinator answers that has no group, and no place yet to keep one.</summary>
internal sealed class NoGroups : IGroupCoordinator
{
    private NoGroups()
    {
    }

    public static NoGroups Instance { get; } = new();

    public ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
        => new(JoinGroupReply.Refused(StreamError.NotHosted, request.MemberId));

    public ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => new(SyncGroupReply.Refused(StreamError.UnknownMember));

    public ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => new(StreamError.UnknownMember);

    public ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => new(new LeaveGroupReply(StreamError.None, [.. request.Members.Select(_ => StreamError.UnknownMember)]));

    public ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => new(new CommitOffsetsReply(StreamError.NotHosted, []));

    public ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => new(new FetchOffsetsReply(StreamError.None, []));

    public ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => new(new CommitOffsetsReply(StreamError.GroupIdNotFound, []));

    public ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => new(StreamError.GroupIdNotFound);

    public ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => new(GroupDescription.Refused(StreamError.None, groupId));

    public ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken)
        => new(new ListGroupsReply(StreamError.None, []));
}
