using OrleansStream.Client.Groups;
using OrleansStream.Contracts;

namespace OrleansStream.Client.Tests.Groups;

/// <summary>The first member of a group, and so its leader: it joins and assigns when a test says so.</summary>
internal sealed class ScriptedLeader(IGroupCoordinator groups, string groupId, string topic)
{
    private GroupMember _member = new(groupId, -1, "", null);

    /// <summary>The others in the generation it has joined.</summary>
    public IReadOnlyList<string> Followers { get; private set; } = [];

    /// <summary>Joins; completes when all known members have.</summary>
    public async Task JoinAsync()
    {
        var reply = await TryJoinAsync();
        if (reply.Error == StreamError.MemberIdRequired)
        {
            _member = _member with { MemberId = reply.MemberId };
            reply = await TryJoinAsync();
        }

        Assert.Equal((StreamError.None, reply.MemberId), (reply.Error, reply.LeaderId));
        _member = _member with { MemberId = reply.MemberId, Generation = reply.Generation };
        Followers = [.. reply.Members.Select(member => member.MemberId).Where(id => id != reply.MemberId)];
    }

    /// <summary>Joins again until there is a follower, to which it gives these partitions.</summary>
    public async Task LeadAsync(params TopicPartition[] partitions)
    {
        while (!await TryAssignAsync(partitions) || Followers.Count == 0)
        {
            await JoinAsync();
        }
    }

    /// <returns>False when somebody has joined meanwhile.</returns>
    private async Task<bool> TryAssignAsync(TopicPartition[] partitions)
    {
        var assignments = Followers.Select(id => new MemberAssignment(id, ConsumerProtocol.Write(partitions)));
        var reply = await groups.SyncAsync(new(_member, null, null, [.. assignments]), default);
        return reply.Error == StreamError.None;
    }

    private async Task<JoinGroupReply> TryJoinAsync() => await groups.JoinAsync(
        new(
            groupId, _member.MemberId, null, "leader", "host", RequiresKnownMemberId: true,
            TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), ConsumerProtocol.Type,
            [new("cooperative-sticky", ConsumerProtocol.Write(new Subscription([topic], [])))],
            KnowsSkipAssignment: false),
        default);
}
