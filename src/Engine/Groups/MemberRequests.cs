using System.Diagnostics;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>What members ask of their group: to join, to get their assignment, to stay and to leave.</summary>
/// <remarks>
/// The classic protocol, as Kafka's clients expect it:
/// https://cwiki.apache.org/confluence/display/KAFKA/Kafka+Client-side+Assignment+Proposal, with member ids on the
/// first join (KIP-394), static members (KIP-345) and skipped assignments (KIP-814).
/// </remarks>
internal sealed class MemberRequests(GroupMachine group, GroupOptions options, GroupOutbox outbox)
{
    // A new member cannot say that it is alive, and its client may have given up waiting; it asks again in time.
    private static readonly TimeSpan NewMemberTimeout = TimeSpan.FromMinutes(5);

    private readonly GroupMembers _members = group.Members;

    /// <param name="newMemberId">What the caller is called from now on, if it is new.</param>
    public void Join(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, string newMemberId, Moment now)
    {
        if (FindFault(request) is var fault && fault != StreamError.None)
        {
            outbox.Answer(call, JoinGroupReply.Refused(fault, request.MemberId));
        }
        else if (request.MemberId.Length == 0)
        {
            JoinFirst(call, request, newMemberId, now);
        }
        else if (request.InstanceId is null && group.TakePending(request.MemberId))
        {
            Add(call, request, request.MemberId, now);
        }
        else if (_members.FindFault(request.MemberId, request.InstanceId) is var memberFault
            && memberFault != StreamError.None)
        {
            outbox.Answer(call, JoinGroupReply.Refused(memberFault, request.MemberId));
        }
        else
        {
            JoinAgain(call, request, _members.Find(request.MemberId)!, now);
        }

        group.TryCompleteJoin(now);
    }

    public void Sync(IGroupCall<SyncGroupReply> call, SyncGroupRequest request, Moment now)
    {
        if (FindFault(request) is var fault && fault != StreamError.None)
        {
            outbox.Answer(call, SyncGroupReply.Refused(fault));
            return;
        }

        var member = _members.Find(request.Member.MemberId)!;
        member.OwesSync = false;
        if (group.State == GroupState.Stable)
        {
            group.Extend(member, now);
            outbox.Answer(call, group.AssignmentOf(member));
            return;
        }

        // An earlier one, which the client has given up.
        group.AnswerSync(member, SyncGroupReply.Refused(StreamError.RebalanceInProgress), now);
        member.Syncing = call;
        if (member.Id == _members.LeaderId)
        {
            group.Assign(request.Assignments, now);
        }
    }

    public StreamError Heartbeat(GroupMember caller, Moment now)
    {
        if (FindFault(caller) is var fault && fault != StreamError.None)
        {
            return fault;
        }

        group.Extend(_members.Find(caller.MemberId)!, now);
        return group.State == GroupState.PreparingRebalance ? StreamError.RebalanceInProgress : StreamError.None;
    }

    public StreamError Leave(LeavingMember leaving, Moment now)
    {
        var fault = StreamError.None;
        if (!group.TakePending(leaving.MemberId))
        {
            // An administrator names a static member by its instance alone.
            var member = leaving.MemberId.Length == 0
                ? _members.FindStatic(leaving.InstanceId)
                : _members.Find(leaving.MemberId);
            fault = member is null
                ? _members.FindFault(leaving.MemberId, leaving.InstanceId)
                : _members.FindFault(member.Id, leaving.InstanceId);
            if (fault == StreamError.None)
            {
                group.Remove(member!, now);
            }
        }

        group.TryCompleteJoin(now);
        return fault;
    }

    /// <summary>What is wrong with a member and the generation it believes in.</summary>
    public StreamError FindFault(GroupMember caller)
        => _members.FindFault(caller.MemberId, caller.InstanceId) is var fault && fault != StreamError.None ? fault
            : caller.Generation != group.Generation ? StreamError.IllegalGeneration
            : StreamError.None;

    private StreamError FindFault(JoinGroupRequest request)
    {
        var isEmpty = request.ProtocolType.Length == 0 || request.Protocols.Count == 0;
        var isForeign = _members.Count > 0
            && (request.ProtocolType != group.ProtocolType || !_members.HaveInCommon(request.Protocols));
        return request.SessionTimeout < options.MinSessionTimeout || request.SessionTimeout > options.MaxSessionTimeout
                ? StreamError.InvalidSessionTimeout
            : request.RebalanceTimeout.TotalMilliseconds is < 1 or > int.MaxValue ? StreamError.InvalidRequest
            : !HasRoom(request) ? StreamError.GroupFull
            : isEmpty || isForeign ? StreamError.InconsistentGroupProtocol
            : StreamError.None;
    }

    // While the group rebalances, those count who have joined so far: whoever comes first gets in.
    private bool HasRoom(JoinGroupRequest request)
    {
        var member = _members.Find(request.MemberId) ?? _members.FindStatic(request.InstanceId);
        var count = group.State == GroupState.PreparingRebalance ? _members.JoiningCount : _members.Count;
        var isIn = member is not null && (group.State != GroupState.PreparingRebalance || member.Joining is not null);
        var bytes = _members.MetadataBytes - (member?.MetadataBytes ?? 0) + Member.BytesOf(request.Protocols);
        return (isIn || count < options.MaxGroupSize) && bytes <= options.MaxGroupBytes;
    }

    private StreamError FindFault(SyncGroupRequest request)
    {
        if (FindFault(request.Member) is var fault && fault != StreamError.None)
        {
            return fault;
        }

        var isForeign = (request.ProtocolType is { } type && type != group.ProtocolType)
            || (request.Protocol is { } protocol && protocol != group.Protocol);
        return group.State == GroupState.PreparingRebalance ? StreamError.RebalanceInProgress
            : isForeign ? StreamError.InconsistentGroupProtocol
            : request.Assignments.Sum(each => (long)each.Assignment.Length) > options.MaxGroupBytes
                ? StreamError.LimitExceeded
            : StreamError.None;
    }

    private void JoinFirst(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, string newMemberId, Moment now)
    {
        if (_members.FindStatic(request.InstanceId) is { } member)
        {
            TakeOver(call, request, member, newMemberId, now);
        }
        else if (request.InstanceId is not null || !request.RequiresKnownMemberId)
        {
            Add(call, request, newMemberId, now);
        }
        else if (group.PendingCount < options.MaxGroupSize)
        {
            group.AddPending(newMemberId, now.Elapsed + request.SessionTimeout);
            outbox.Answer(call, JoinGroupReply.Refused(StreamError.MemberIdRequired, newMemberId));
        }
        else
        {
            outbox.Answer(call, JoinGroupReply.Refused(StreamError.GroupFull));
        }
    }

    private void Add(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, string memberId, Moment now)
    {
        var member = new Member(memberId, request) { Joining = call };
        group.Add(member, request.ProtocolType, now.Elapsed + NewMemberTimeout);
        group.PrepareRebalance(now);
    }

    // The process behind a static member was started again. Where nothing else changed, its assignment stays.
    private void TakeOver(
        IGroupCall<JoinGroupReply> call, JoinGroupRequest request, Member member, string newMemberId, Moment now)
    {
        group.AnswerJoin(member, JoinGroupReply.Refused(StreamError.FencedInstanceId, member.Id));
        group.AnswerSync(member, SyncGroupReply.Refused(StreamError.FencedInstanceId), now);
        var before = member.MetadataIn(group.Protocol);
        var leaderBefore = _members.LeaderId!;
        _members.Rename(member, newMemberId);
        Rejoin(call, request, member);
        if (!member.IsNew)
        {
            group.Extend(member, now);
        }

        if (group.State != GroupState.Stable
            || _members.SelectProtocol() != group.Protocol
            || !Subscription.AreSame(before, member.MetadataIn(group.Protocol)))
        {
            group.PrepareRebalance(now);
            return;
        }

        group.Store();
        group.AnswerJoin(
            member,
            request.KnowsSkipAssignment
                ? group.Describe(member, skipAssignment: member.Id == _members.LeaderId)
                : group.Describe(member) with { LeaderId = leaderBefore, Members = [] });
    }

    private void JoinAgain(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, Member member, Moment now)
    {
        var isSame = member.Offers(request.Protocols);
        switch (group.State)
        {
            // The answer was lost; the generation stands.
            case GroupState.CompletingRebalance when isSame:
            case GroupState.Stable when isSame && member.Id != _members.LeaderId:
                outbox.Answer(call, group.Describe(member));
                break;
            case GroupState.PreparingRebalance:
            case GroupState.CompletingRebalance:
            case GroupState.Stable:
                Rejoin(call, request, member);
                group.PrepareRebalance(now);
                break;
            default:
                throw new UnreachableException($"Group '{group.GroupId}' is {group.State} and has a member.");
        }
    }

    private void Rejoin(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, Member member)
    {
        // An earlier one, which the client has given up.
        group.AnswerJoin(member, JoinGroupReply.Refused(StreamError.RebalanceInProgress, member.Id));
        member.Update(request);
        member.Joining = call;
    }
}
