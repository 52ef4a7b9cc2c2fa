using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>The states of one group: how generations are formed, assigned, and come to their end.</summary>
/// <remarks>
/// Decides what <see cref="MemberRequests"/> asks for. Each generation is stored when it is formed, when it is
/// assigned and when it is the last one for now, so its number never comes back and its members go on after a restart.
/// What is under way is not stored: who waits to join asks again.
/// </remarks>
internal sealed class GroupMachine(string groupId, GroupOptions options, GroupOutbox outbox)
{
    private readonly Dictionary<string, TimeSpan> _pending = []; // Ids given out, and until when they can be used.
    private bool _isInitial; // The first members wait for more, whoever has joined.
    private bool _hasNewcomer; // Since that wait was last prolonged.
    private TimeSpan _initialRest; // How long it can be prolonged still.
    private TimeSpan _rebalanceDeadline = TimeSpan.MaxValue;
    private TimeSpan _syncDeadline = TimeSpan.MaxValue;

    public string GroupId => groupId;

    public GroupState State { get; private set; }

    public int Generation { get; private set; }

    public string? ProtocolType { get; private set; }

    /// <summary>Of the generation; null while there is none.</summary>
    public string? Protocol { get; private set; }

    public GroupMembers Members { get; } = new();

    /// <summary>Milliseconds since 1970; 0 while there are members, or never were.</summary>
    public long EmptySince { get; private set; }

    /// <summary>The value of the record that was written last; null when there is none.</summary>
    public byte[]? Stored { get; private set; }

    /// <summary>Nothing happens by itself before. May be earlier than the next thing that does.</summary>
    public TimeSpan NextCheck { get; private set; } = TimeSpan.MaxValue;

    public bool HasPending => _pending.Count > 0;

    public int PendingCount => _pending.Count;

    public bool TakePending(string memberId) => _pending.Remove(memberId);

    public void AddPending(string memberId, TimeSpan deadline) => _pending[memberId] = Watch(deadline);

    public void Add(Member member, string protocolType, TimeSpan deadline)
    {
        if (Members.Count == 0)
        {
            ProtocolType = protocolType;
        }

        _hasNewcomer |= _isInitial;
        member.Deadline = Watch(deadline);
        Members.Add(member);
    }

    /// <summary>Takes a member out; whoever asked for it hears that it is unknown.</summary>
    public void Remove(Member member, Moment now)
    {
        AnswerJoin(member, JoinGroupReply.Refused(StreamError.UnknownMember, member.Id));
        AnswerSync(member, SyncGroupReply.Refused(StreamError.UnknownMember), now);
        Members.Remove(member);
        PrepareRebalance(now);
    }

    /// <summary>A sign of life.</summary>
    public void Extend(Member member, Moment now) => member.Deadline = Watch(now.Elapsed + member.SessionTimeout);

    /// <summary>Has all members join anew; does nothing when they do already.</summary>
    public void PrepareRebalance(Moment now)
    {
        if (State == GroupState.PreparingRebalance)
        {
            return;
        }

        foreach (var member in Members.All)
        {
            AnswerSync(member, SyncGroupReply.Refused(StreamError.RebalanceInProgress), now);
        }

        _isInitial = State == GroupState.Empty && options.InitialRebalanceDelay > TimeSpan.Zero;
        State = GroupState.PreparingRebalance;
        _syncDeadline = TimeSpan.MaxValue;
        _hasNewcomer = false;
        var timeout = Members.Count == 0 ? TimeSpan.Zero : Members.RebalanceTimeout;
        _initialRest = timeout - options.InitialRebalanceDelay;
        _rebalanceDeadline = Watch(now.Elapsed + (_isInitial ? options.InitialRebalanceDelay : timeout));
    }

    /// <summary>Forms the next generation if everybody is there.</summary>
    public void TryCompleteJoin(Moment now)
    {
        if (State == GroupState.PreparingRebalance && !_isInitial && !HasPending && Members.HaveAllJoined)
        {
            CompleteJoin(now);
        }
    }

    /// <summary>Takes the leader's assignments; a member left out gets nothing to do.</summary>
    public void Assign(IReadOnlyList<MemberAssignment> assignments, Moment now)
    {
        var byMember = assignments
            .GroupBy(assignment => assignment.MemberId)
            .ToDictionary(same => same.Key, same => same.Last().Assignment);
        State = GroupState.Stable;
        foreach (var member in Members.All)
        {
            member.Assignment = byMember.GetValueOrDefault(member.Id) ?? [];
        }

        Store();
        foreach (var member in Members.All)
        {
            AnswerSync(member, AssignmentOf(member), now);
        }
    }

    /// <summary>Does what is due by now.</summary>
    public void Advance(Moment now)
    {
        foreach (var (memberId, _) in _pending.Where(pending => pending.Value <= now.Elapsed).ToArray())
        {
            _pending.Remove(memberId);
        }

        var expired = Members.All.Where(member => member.CanExpire && member.Deadline <= now.Elapsed).ToArray();
        foreach (var member in expired)
        {
            Remove(member, now);
        }

        if (_syncDeadline <= now.Elapsed)
        {
            EndSync(now);
        }

        if (_rebalanceDeadline <= now.Elapsed)
        {
            EndWait(now);
        }

        TryCompleteJoin(now);
        NextCheck = FindNextCheck();
    }

    /// <summary>Puts back what was stored.</summary>
    public void Restore(byte[] value)
    {
        var stored = GroupRecords.DecodeGroup(value);
        Stored = value;
        Generation = stored.Generation;
        ProtocolType = stored.ProtocolType;
        Protocol = stored.Protocol;
        EmptySince = stored.EmptySince;
        Members.Restore(stored);
        State = Members.Count == 0 ? GroupState.Empty
            : stored.IsAssigned ? GroupState.Stable
            : GroupState.CompletingRebalance;
    }

    /// <summary>Begins after a restart: all members have their whole time again.</summary>
    public void Start(Moment now)
    {
        foreach (var member in Members.All)
        {
            Extend(member, now);
            member.OwesSync = State == GroupState.CompletingRebalance;
        }

        _syncDeadline = State == GroupState.CompletingRebalance
            ? Watch(now.Elapsed + Members.RebalanceTimeout)
            : TimeSpan.MaxValue;
    }

    /// <summary>Writes the generation as it is now.</summary>
    public void Store()
    {
        Stored = GroupRecords.Encode(new StoredGroup(
            Generation,
            ProtocolType,
            Protocol,
            Members.LeaderId,
            State == GroupState.Stable,
            EmptySince,
            [.. Members.All.Select(member => member.ToStored())]));
        outbox.Write(new(GroupRecords.EncodeKey(new(groupId, null)), Stored));
    }

    /// <summary>Deletes what is stored of it, unless nothing is.</summary>
    public void Forget()
    {
        if (Stored is not null)
        {
            Stored = null;
            outbox.Write(new(GroupRecords.EncodeKey(new(groupId, null)), null));
        }
    }

    /// <summary>The generation, as a member is told of it.</summary>
    public JoinGroupReply Describe(Member member, bool skipAssignment = false)
        => new(
            StreamError.None,
            Generation,
            ProtocolType,
            Protocol,
            Members.LeaderId!,
            member.Id,
            skipAssignment,
            member.Id != Members.LeaderId
                ? []
                : [.. Members.All.Select(each => new JoinedMember(
                    each.Id, each.InstanceId, each.MetadataIn(Protocol)))]);

    public SyncGroupReply AssignmentOf(Member member)
        => new(StreamError.None, ProtocolType, Protocol, member.Assignment);

    /// <summary>Answers whoever waits for the member to be in a generation.</summary>
    public void AnswerJoin(Member member, JoinGroupReply reply)
    {
        if (member.Joining is { } joining)
        {
            member.Joining = null;
            outbox.Answer(joining, reply);
        }
    }

    /// <summary>
    /// Answers whoever waits for the member's assignment; from then on it has to say again that it is alive.
    /// </summary>
    public void AnswerSync(Member member, SyncGroupReply reply, Moment now)
    {
        if (member.Syncing is { } syncing)
        {
            member.Syncing = null;
            Extend(member, now);
            outbox.Answer(syncing, reply);
        }
    }

    private void CompleteJoin(Moment now)
    {
        // A static member that is away keeps its place until its session ends.
        var absent = Members.All.Where(member => member.Joining is null && member.InstanceId is null).ToArray();
        foreach (var member in absent)
        {
            Members.Remove(member);
        }

        _isInitial = false;
        if (Members.Count > 0 && !Members.TryElectJoined())
        {
            _rebalanceDeadline = Watch(now.Elapsed + Members.RebalanceTimeout);
            return;
        }

        _rebalanceDeadline = TimeSpan.MaxValue;
        Generation++;
        if (Members.Count == 0)
        {
            BecomeEmpty(now);
        }
        else
        {
            BeginGeneration(now);
        }
    }

    private void BecomeEmpty(Moment now)
    {
        State = GroupState.Empty;
        Protocol = null;
        EmptySince = now.UnixTime;
        Store();
    }

    private void BeginGeneration(Moment now)
    {
        State = GroupState.CompletingRebalance;
        Protocol = Members.SelectProtocol();
        EmptySince = 0;
        _syncDeadline = Watch(now.Elapsed + Members.RebalanceTimeout);
        foreach (var member in Members.All)
        {
            member.Assignment = [];
            member.OwesSync = true;
            member.IsNew = false;
            Extend(member, now);
        }

        Store();
        foreach (var member in Members.All)
        {
            AnswerJoin(member, Describe(member));
        }
    }

    private void EndSync(Moment now)
    {
        _syncDeadline = TimeSpan.MaxValue;
        foreach (var member in Members.All.Where(member => member.OwesSync).ToArray())
        {
            Remove(member, now);
        }
    }

    // Each newcomer prolongs the first wait, up to what a rebalance may take.
    private void EndWait(Moment now)
    {
        if (!_isInitial || !_hasNewcomer || _initialRest <= TimeSpan.Zero)
        {
            CompleteJoin(now);
            return;
        }

        var delay = _initialRest < options.InitialRebalanceDelay ? _initialRest : options.InitialRebalanceDelay;
        _hasNewcomer = false;
        _initialRest -= delay;
        _rebalanceDeadline = Watch(now.Elapsed + delay);
    }

    private TimeSpan Watch(TimeSpan deadline)
    {
        NextCheck = NextCheck < deadline ? NextCheck : deadline;
        return deadline;
    }

    private TimeSpan FindNextCheck()
        => Members.All.Where(member => member.CanExpire).Select(member => member.Deadline)
            .Concat(_pending.Values)
            .Append(_syncDeadline)
            .Append(_rebalanceDeadline)
            .Min();
}
