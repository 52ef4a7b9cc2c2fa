using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Tests.Groups;

/// <summary>Calls groups at a time of its own, and keeps what they want stored.</summary>
internal sealed class GroupDriver
{
    public const string GroupId = "group";

    private readonly GroupOptions _options;
    private int _lastDistinction;

    public GroupDriver(GroupOptions options)
    {
        _options = options;
        Groups = Replay();
        Groups.Start(Now);
    }

    public GroupPartition Groups { get; private set; }

    public Moment Now { get; private set; } = new(TimeSpan.Zero, 1_900_000_000_000);

    /// <summary>Every record written so far.</summary>
    public List<GroupRecord> Log { get; } = [];

    public GroupState State => Groups.Describe(GroupId).State;

    public TestCall<JoinGroupReply> Join(JoinGroupRequest request)
    {
        var call = new TestCall<JoinGroupReply>();
        var distinction = new Guid(++_lastDistinction, 0, 0, new byte[8]);
        Groups.Join(call, request, distinction, Now);
        Release();
        return call;
    }

    public TestCall<SyncGroupReply> Sync(
        GroupMember member, IReadOnlyList<MemberAssignment> assignments, string? type = null, string? protocol = null)
    {
        var call = new TestCall<SyncGroupReply>();
        Groups.Sync(call, new(member, type, protocol, assignments), Now);
        Release();
        return call;
    }

    public StreamError Heartbeat(GroupMember member) => Do(() => Groups.Heartbeat(member, Now));

    public StreamError Leave(string memberId, string? instanceId = null)
        => Do(() => Groups.Leave(new(GroupId, [new(memberId, instanceId)]), Now)).Members.Single();

    public CommitOffsetsReply Commit(GroupMember member, params CommittedOffset[] offsets)
        => Do(() => Groups.Commit(new(member, null, offsets), Now));

    public T Do<T>(Func<T> work)
    {
        var result = work();
        Release();
        return result;
    }

    /// <summary>Lets time go by, and everything happen that falls due.</summary>
    public void Wait(TimeSpan duration)
    {
        var end = Now.Elapsed + duration;
        while (Now.Elapsed < end)
        {
            var next = Groups.NextCheck > Now.Elapsed && Groups.NextCheck < end ? Groups.NextCheck : end;
            Now = new(next, Now.UnixTime + (long)(next - Now.Elapsed).TotalMilliseconds);
            if (Groups.Advance(Now))
            {
                Groups.Expire(Topics, Now);
            }

            Release();
        }
    }

    /// <summary>The topics there are.</summary>
    public HashSet<Guid> Topics { get; } = [];

    /// <summary>Forgets all but what is stored, and begins with that.</summary>
    public void Reload()
    {
        Groups = Replay();
        Groups.Start(Now);
        Release();
    }

    /// <summary>Keeps only what is alive in the log, as a rewriting that was carried through does.</summary>
    public void Rewrite()
    {
        GroupRecord[] alive = [.. Groups.ToRecords()];
        Log.Clear();
        Log.AddRange(alive);
    }

    /// <summary>What the records say.</summary>
    public GroupPartition Replay()
    {
        var replayed = new GroupPartition(_options);
        foreach (var record in Log)
        {
            replayed.Apply(record.Key.Span, record.Value.GetValueOrDefault().Span, record.Value is not null);
        }

        return replayed;
    }

    private void Release()
    {
        Log.AddRange(Groups.Outbox.Records);
        Groups.Outbox.Release();
    }
}

/// <summary>A call whose answer can be looked at.</summary>
internal sealed class TestCall<TReply> : IGroupCall<TReply>
    where TReply : class
{
    /// <summary>Null while it waits.</summary>
    public TReply? Reply { get; private set; }

    public void Answer(TReply reply)
    {
        Assert.Null(Reply);
        Reply = reply;
    }
}
