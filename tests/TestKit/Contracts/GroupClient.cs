using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;
using OrleansStream.Engine.Hosting;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>A member of a group, as a client plays it: keeps the id and the generation it was given.</summary>
public sealed class GroupClient(IGroupCoordinator groups, string groupId, string? instanceId = null)
{
    /// <summary>For tests: a group's first member does not wait for others.</summary>
    public static EngineOptions Options { get; } = new()
    {
        Groups = new GroupOptions { InitialRebalanceDelay = TimeSpan.Zero },
    };

    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RebalanceTimeout = TimeSpan.FromMinutes(1);

    public string MemberId { get; private set; } = "";

    public int Generation { get; private set; } = -1;

    public bool IsLeader { get; private set; }

    /// <summary>Who the leader has to assign to.</summary>
    public IReadOnlyList<JoinedMember> Members { get; private set; } = [];

    public GroupMember Identity => new(groupId, Generation, MemberId, instanceId);

    /// <summary>Joins, with the id that the coordinator asks to be used.</summary>
    public async Task<JoinGroupReply> JoinAsync()
    {
        var reply = await groups.JoinAsync(ToRequest(), default);
        if (reply.Error == StreamError.MemberIdRequired)
        {
            MemberId = reply.MemberId;
            reply = await groups.JoinAsync(ToRequest(), default);
        }

        if (reply.Error == StreamError.None)
        {
            (MemberId, Generation) = (reply.MemberId, reply.Generation);
            (IsLeader, Members) = (reply.LeaderId == reply.MemberId, reply.Members);
        }

        return reply;
    }

    /// <summary>Gets the assignment; the leader gives every member its own id to do.</summary>
    public async Task<SyncGroupReply> SyncAsync()
        => await groups.SyncAsync(
            new(Identity, null, null, [.. Members.Select(
                member => new MemberAssignment(member.MemberId, WorkOf(member.MemberId)))]),
            default);

    /// <summary>Joins, and gets the assignment that the leader gives; again where others interfere.</summary>
    public async Task EnterAsync()
    {
        SyncGroupReply synced;
        do
        {
            Assert.Equal(StreamError.None, (await JoinAsync()).Error);
            synced = await SyncAsync();
        }
        while (synced.Error == StreamError.RebalanceInProgress);

        Assert.Equal(StreamError.None, synced.Error);
        Assert.Equal(WorkOf(MemberId), synced.Assignment);
    }

    public async Task<StreamError> HeartbeatAsync() => await groups.HeartbeatAsync(Identity, default);

    public async Task<StreamError> LeaveAsync()
    {
        var reply = await groups.LeaveAsync(new(groupId, [new(MemberId, instanceId)]), default);
        Assert.Equal(StreamError.None, reply.Error);
        return Assert.Single(reply.Members);
    }

    public async Task<CommitOffsetsReply> CommitAsync(params CommittedOffset[] offsets)
        => await groups.CommitOffsetsAsync(new(Identity, null, offsets), default);

    /// <summary>What this client offers to the group.</summary>
    public JoinGroupRequest ToRequest()
        => new(
            groupId, MemberId, instanceId, "client", "host", RequiresKnownMemberId: true, SessionTimeout,
            RebalanceTimeout, "consumer", [new("range", [1, 2, 3])], KnowsSkipAssignment: true);

    public static byte[] WorkOf(string memberId) => System.Text.Encoding.UTF8.GetBytes(memberId);
}
