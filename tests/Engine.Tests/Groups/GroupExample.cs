using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Tests.Groups;

/// <summary>What examples about groups begin with: a driver, and members by a letter each.</summary>
public abstract class GroupExample
{
    protected static readonly TimeSpan Session = TimeSpan.FromSeconds(10);
    protected static readonly TimeSpan Rebalance = TimeSpan.FromSeconds(60);
    protected static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<string, GroupMember> _members = [];

    internal GroupDriver Driver { get; private protected set; } = new(
        new GroupOptions { InitialRebalanceDelay = TimeSpan.Zero, MaxGroupSize = 3 });

    /// <summary>A request of a member that does without an id given first.</summary>
    private protected static JoinGroupRequest Request(
        string client, string memberId = "", string? instanceId = null, params string[] protocols)
        => new(
            GroupDriver.GroupId, memberId, instanceId, client, "host", RequiresKnownMemberId: false, Session, Rebalance,
            "consumer", [.. (protocols.Length == 0 ? ["range"] : protocols).Select(name => Offer(name))],
            KnowsSkipAssignment: true);

    /// <summary>A protocol with the metadata of a consumer that subscribes to a topic.</summary>
    private protected static GroupProtocol Offer(string name, string topic = "t", byte note = 0)
        => new(name, [0, 1, 0, 0, 0, 1, 0, (byte)topic.Length, .. topic.Select(letter => (byte)letter), note]);

    /// <summary>Who a member is by the last answer it got.</summary>
    internal GroupMember Member(string client) => _members[client];

    internal TestCall<JoinGroupReply> Join(string client, params string[] protocols)
        => Driver.Join(Request(client, _members.GetValueOrDefault(client)?.MemberId ?? "", null, protocols));

    internal TestCall<JoinGroupReply> JoinStatic(string client, string topic = "t", bool knowsSkip = true)
        => Driver.Join(Request(client, "", $"i-{client}") with
        {
            Protocols = [Offer("range", topic)],
            KnowsSkipAssignment = knowsSkip,
        });

    /// <summary>Says that a call was answered with a generation, and remembers it.</summary>
    internal JoinGroupReply Joined(string client, TestCall<JoinGroupReply> call, string? instanceId = null)
    {
        Assert.Equal(StreamError.None, call.Reply?.Error);
        var reply = call.Reply!;
        _members[client] = new(GroupDriver.GroupId, reply.Generation, reply.MemberId, instanceId);
        return reply;
    }

    internal TestCall<SyncGroupReply> Sync(string client, params string[] assigned)
        => Driver.Sync(
            Member(client), [.. assigned.Select(each => new MemberAssignment(Member(each).MemberId, [(byte)each[0]]))]);

    /// <summary>Has members join one after the other, and the first assign to all.</summary>
    internal void Form(params string[] clients)
    {
        var calls = clients.Select(client => (client, Call: Join(client))).ToList();
        if (clients.Length > 1)
        {
            // The first was in a generation of its own before the others came.
            Joined(clients[0], calls[0].Call);
            calls[0] = (clients[0], Join(clients[0]));
        }

        foreach (var (client, call) in calls)
        {
            Joined(client, call);
        }

        var synced = clients.Reverse().Select(client => Sync(client, client == clients[0] ? clients : [])).ToArray();
        Assert.All(synced, call => Assert.Equal(StreamError.None, call.Reply?.Error));
        Assert.Equal(GroupState.Stable, Driver.State);
    }

    /// <summary>The same with static members.</summary>
    internal void FormStatic(params string[] clients)
    {
        var calls = clients.Select(client => (client, Call: JoinStatic(client))).ToList();
        if (clients.Length > 1)
        {
            Joined(clients[0], calls[0].Call, $"i-{clients[0]}");
            var again = Request(clients[0], Member(clients[0]).MemberId, $"i-{clients[0]}");
            calls[0] = (clients[0], Driver.Join(again));
        }

        foreach (var (client, call) in calls)
        {
            Joined(client, call, $"i-{client}");
        }

        foreach (var client in clients.Reverse())
        {
            Sync(client, client == clients[0] ? clients : []);
        }

        Assert.Equal(GroupState.Stable, Driver.State);
    }
}
