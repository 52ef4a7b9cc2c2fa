using OrleansStream.Contracts;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>A coordinator that notes what it is asked, and answers what a test says.</summary>
internal sealed class ScriptedGroups : IGroupCoordinator
{
    /// <summary>The latest request, whatever it was.</summary>
    public object? Asked { get; private set; }

    /// <summary>What a join waits for.</summary>
    public Task Rebalance { get; set; } = Task.CompletedTask;

    public JoinGroupReply Joined { get; set; } = JoinGroupReply.Refused(StreamError.None);

    public SyncGroupReply Synced { get; set; } = SyncGroupReply.Refused(StreamError.None);

    public StreamError Heartbeat { get; set; }

    public LeaveGroupReply Left { get; set; } = new(StreamError.None, []);

    public CommitOffsetsReply Committed { get; set; } = new(StreamError.None, []);

    public FetchOffsetsReply Offsets { get; set; } = new(StreamError.None, []);

    public StreamError Deleted { get; set; }

    public GroupDescription Description { get; set; } = GroupDescription.Refused(StreamError.None, "g");

    public ListGroupsReply Listed { get; set; } = new(StreamError.None, []);

    public async ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
    {
        Asked = request;
        await Rebalance.WaitAsync(cancellationToken);
        return Joined;
    }

    public ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => Answer(request, Synced);

    public ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => Answer(member, Heartbeat);

    public ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => Answer(request, Left);

    public ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => Answer(request, Committed);

    public ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => Answer(request, Offsets);

    public ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => Answer(request, Committed);

    public ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => Answer(groupId, Deleted);

    public ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => Answer(groupId, Description);

    public ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken) => new(Listed);

    private ValueTask<TReply> Answer<TReply>(object request, TReply reply)
    {
        Asked = request;
        return new(reply);
    }
}
