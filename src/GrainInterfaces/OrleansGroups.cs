using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>A coordinator of groups as its callers hold it.</summary>
internal sealed class OrleansGroups(IGroupCoordinatorGrain grain) : IGroupCoordinator
{
    public ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.JoinAsync(request, cancellationToken),
            (error, _) => JoinGroupReply.Refused(error, request.MemberId));

    public ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.SyncAsync(request, cancellationToken), static (error, _) => SyncGroupReply.Refused(error));

    public ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(grain.HeartbeatAsync(member, cancellationToken), static (error, _) => error);

    public ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(grain.LeaveAsync(request, cancellationToken), static (error, _) => new(error, []));

    public ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.CommitOffsetsAsync(request, cancellationToken), static (error, _) => new(error, []));

    public ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.FetchOffsetsAsync(request, cancellationToken), static (error, _) => new(error, []));

    public ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.DeleteOffsetsAsync(request, cancellationToken), static (error, _) => new(error, []));

    public ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(grain.DeleteAsync(groupId, cancellationToken), static (error, _) => error);

    public ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.DescribeAsync(groupId, cancellationToken),
            (error, _) => GroupDescription.Refused(error, groupId));

    public ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(grain.ListAsync(cancellationToken), static (error, _) => new(error, []));
}
