using System.Buffers.Binary;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Tests.Groups;

/// <summary>
/// A client that does what the protocol says each time it is polled, and complains when the group does not.
/// </summary>
/// <param name="mayVanish">It may not be polled for long, and then be removed.</param>
internal sealed class SimulatedMember(
    GroupDriver driver, string name, bool isStatic, bool mayVanish, Action<JoinGroupReply> formed)
{
    private readonly string? _instanceId = isStatic ? name : null;
    private TestCall<JoinGroupReply>? _joining;
    private TestCall<SyncGroupReply>? _syncing;
    private IReadOnlyList<JoinedMember> _members = [];
    private bool _mayBeUnknown;

    public string MemberId { get; private set; } = "";

    public int Generation { get; private set; } = -1;

    public bool IsAssigned { get; private set; }

    public GroupMember Identity => new(GroupDriver.GroupId, Generation, MemberId, _instanceId);

    /// <summary>Goes on with whatever is next.</summary>
    public void Poll()
    {
        if (_joining is { } joining)
        {
            OnJoined(joining.Reply);
        }
        else if (_syncing is { } syncing)
        {
            OnSynced(syncing.Reply);
        }
        else if (!IsAssigned)
        {
            Join();
        }
        else
        {
            OnHeartbeat(driver.Heartbeat(Identity));
        }
    }

    /// <summary>Begins as a process that knows nothing; who waits for the old one hears no answer.</summary>
    public void Restart()
    {
        MemberId = "";
        Generation = -1;
        _joining = null;
        _syncing = null;
        _mayBeUnknown = false;
        IsAssigned = false;
    }

    public void Leave()
    {
        driver.Leave(MemberId, _instanceId);
        Restart();
    }

    /// <summary>The coordinator was started again; it knows only members of the generation it stored last.</summary>
    public void OnReload(bool isStored)
    {
        _joining = null;
        _syncing = null;
        _mayBeUnknown |= !isStored;
    }

    private void Join()
        => _joining = driver.Join(new(
            GroupDriver.GroupId, MemberId, _instanceId, name, "host", RequiresKnownMemberId: true,
            GroupModelTests.Session, GroupModelTests.Rebalance, "consumer", [new("range", [0, 1, 0, 0, 0, 0])],
            KnowsSkipAssignment: true));

    private void OnJoined(JoinGroupReply? reply)
    {
        if (reply is null)
        {
            return;
        }

        _joining = null;
        IsAssigned = false;
        switch (reply.Error)
        {
            case StreamError.None:
                Assert.True(reply.Generation >= Generation, $"{name} went back to {reply.Generation}.");
                formed(reply);
                (MemberId, Generation) = (reply.MemberId, reply.Generation);
                _members = reply.SkipAssignment ? [] : reply.Members;
                _mayBeUnknown = false;
                _syncing = driver.Sync(
                    Identity, [.. _members.Select(each => new MemberAssignment(each.MemberId, Work()))]);
                break;
            case StreamError.MemberIdRequired:
                MemberId = reply.MemberId;
                Join();
                break;
            default:
                Recover(reply.Error);
                break;
        }
    }

    private void OnSynced(SyncGroupReply? reply)
    {
        if (reply is null)
        {
            return;
        }

        _syncing = null;
        if (reply.Error == StreamError.None)
        {
            // Whoever takes over a place in a stable group may find that it was left out.
            Assert.True(reply.Assignment.Length == 0 || reply.Assignment.SequenceEqual(Work()));
            IsAssigned = true;
        }
        else
        {
            Recover(reply.Error);
        }
    }

    private void OnHeartbeat(StreamError error)
    {
        if (error != StreamError.None)
        {
            IsAssigned = false;
            Recover(error);
        }
    }

    private void Recover(StreamError error)
    {
        StreamError[] expected =
            [StreamError.RebalanceInProgress, StreamError.IllegalGeneration, StreamError.UnknownMember];
        Assert.Contains(error, expected);
        if (error == StreamError.UnknownMember)
        {
            Assert.True(mayVanish || _mayBeUnknown, $"{name}, which was never silent, was removed.");
            Restart();
        }

        Join();
    }

    private byte[] Work()
    {
        var work = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(work, Generation);
        return work;
    }
}
