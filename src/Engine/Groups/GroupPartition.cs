using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>The groups that one partition holds, in memory.</summary>
/// <remarks>
/// Filled by <see cref="Apply"/> with the partition's records and begun by <see cref="Start"/>. From then on each call
/// changes memory and leaves in <see cref="Outbox"/> what is to be stored and answered. Called from one turn or loop.
/// </remarks>
internal sealed class GroupPartition(GroupOptions options)
{
    private readonly Dictionary<string, ConsumerGroup> _groups = [];

    // May hold a group several times, of which the time it is scheduled at counts.
    private readonly PriorityQueue<ConsumerGroup, TimeSpan> _schedule = new();

    private TimeSpan _nextExpiry;

    public GroupOutbox Outbox { get; } = new();

    /// <summary>How many records hold all there is.</summary>
    public int RecordCount => _groups.Values.Sum(group => group.RecordCount);

    /// <summary>When <see cref="Advance"/> is to be called next, if nothing is called before.</summary>
    public TimeSpan NextCheck
        => _schedule.TryPeek(out _, out var at) && at < _nextExpiry ? at : _nextExpiry;

    /// <summary>Puts a stored record back.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a later version.</exception>
    public void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue)
    {
        var (groupId, partition) = GroupRecords.DecodeKey(key);
        if (partition is { } id)
        {
            FindOrAdd(groupId).Offsets.Restore(id, hasValue ? GroupRecords.DecodeOffset(value) : null);
        }
        else if (hasValue)
        {
            FindOrAdd(groupId).Machine.Restore(value.ToArray());
        }
        else
        {
            _groups.Remove(groupId); // Its offsets went before it.
        }
    }

    public void Start(Moment now)
    {
        _nextExpiry = now.Elapsed + options.OffsetExpiryInterval;
        foreach (var group in _groups.Values.ToArray())
        {
            group.Machine.Start(now);
            Settle(group);
        }
    }

    /// <param name="distinction">Makes the id of a new member different from all others.</param>
    public void Join(IGroupCall<JoinGroupReply> call, JoinGroupRequest request, Guid distinction, Moment now)
    {
        if (FindFault(request) is var fault && fault != StreamError.None)
        {
            Outbox.Answer(call, JoinGroupReply.Refused(fault, request.MemberId));
            return;
        }

        var group = FindOrAdd(request.GroupId);
        group.Requests.Join(call, request, $"{request.InstanceId ?? request.ClientId}-{distinction}", now);
        Settle(group);
    }

    public void Sync(IGroupCall<SyncGroupReply> call, SyncGroupRequest request, Moment now)
    {
        if (Find(request.Member.GroupId, out var fault) is not { } group)
        {
            Outbox.Answer(call, SyncGroupReply.Refused(fault));
            return;
        }

        group.Requests.Sync(call, request, now);
        Settle(group);
    }

    public StreamError Heartbeat(GroupMember caller, Moment now)
    {
        if (Find(caller.GroupId, out var fault) is not { } group)
        {
            return fault;
        }

        var error = group.Requests.Heartbeat(caller, now);
        Settle(group);
        return error;
    }

    public LeaveGroupReply Leave(LeaveGroupRequest request, Moment now)
    {
        if (Find(request.GroupId, out var fault) is not { } group)
        {
            return fault == StreamError.UnknownMember
                ? new(StreamError.None, [.. request.Members.Select(_ => fault)])
                : new(fault, []);
        }

        StreamError[] errors = [.. request.Members.Select(leaving => group.Requests.Leave(leaving, now))];
        Settle(group);
        return new(StreamError.None, errors);
    }

    public CommitOffsetsReply Commit(CommitOffsetsRequest request, Moment now)
    {
        var groupId = request.Member.GroupId;
        if (!_groups.ContainsKey(groupId) && (request.Member.Generation >= 0 || _groups.Count == options.MaxGroups))
        {
            return new(
                request.Member.Generation >= 0 ? StreamError.IllegalGeneration : StreamError.LimitExceeded, []);
        }

        var group = FindOrAdd(groupId);
        var reply = group.Commit(request, now);
        Settle(group);
        return reply;
    }

    public FetchOffsetsReply Fetch(FetchOffsetsRequest request)
        => new(
            StreamError.None,
            _groups.TryGetValue(request.GroupId, out var group) ? group.Offsets.Find(request.Partitions) : []);

    public CommitOffsetsReply DeleteOffsets(DeleteOffsetsRequest request)
        => _groups.TryGetValue(request.GroupId, out var group)
            ? group.DeleteOffsets(request)
            : new(StreamError.GroupIdNotFound, []);

    public StreamError Delete(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out var group))
        {
            return StreamError.GroupIdNotFound;
        }

        var error = group.Delete();
        Settle(group);
        return error;
    }

    public GroupDescription Describe(string groupId)
        => _groups.TryGetValue(groupId, out var group)
            ? group.Describe()
            : GroupDescription.Refused(StreamError.None, groupId);

    public ListGroupsReply List()
        => new(
            StreamError.None,
            [.. _groups.Values.Select(group => new GroupListing(
                group.Machine.GroupId, group.Machine.ProtocolType ?? "", group.Machine.State))]);

    /// <summary>Does what is due by now.</summary>
    /// <returns>Whether it is time to call <see cref="Expire"/>.</returns>
    public bool Advance(Moment now)
    {
        while (_schedule.TryPeek(out var group, out var at) && at <= now.Elapsed)
        {
            _schedule.Dequeue();
            if (group.ScheduledAt == at)
            {
                group.ScheduledAt = TimeSpan.MaxValue;
                group.Machine.Advance(now);
                Settle(group);
            }
        }

        return _nextExpiry <= now.Elapsed;
    }

    /// <summary>Forgets offsets that have expired, and those of topics that are no more.</summary>
    /// <param name="topics">The ids of all topics there are.</param>
    public void Expire(IReadOnlySet<Guid> topics, Moment now)
    {
        _nextExpiry = now.Elapsed + options.OffsetExpiryInterval;
        foreach (var group in _groups.Values.ToArray())
        {
            foreach (var gone in group.Offsets.Partitions.Where(id => !topics.Contains(id.TopicId)).ToArray())
            {
                group.Offsets.Delete(gone);
            }

            group.Expire(now);
            Settle(group);
        }
    }

    /// <summary>The records that would bring everything stored back.</summary>
    public IEnumerable<GroupRecord> ToRecords() => _groups.Values.SelectMany(group => group.ToRecords());

    private StreamError FindFault(JoinGroupRequest request)
        => request.GroupId.Length == 0 ? StreamError.InvalidGroupId
            : _groups.ContainsKey(request.GroupId) ? StreamError.None
            : request.MemberId.Length > 0 ? StreamError.UnknownMember
            : _groups.Count == options.MaxGroups ? StreamError.LimitExceeded
            : StreamError.None;

    private ConsumerGroup? Find(string groupId, out StreamError fault)
    {
        fault = groupId.Length == 0 ? StreamError.InvalidGroupId : StreamError.UnknownMember;
        return _groups.GetValueOrDefault(groupId);
    }

    private ConsumerGroup FindOrAdd(string groupId)
        => _groups.TryGetValue(groupId, out var group)
            ? group
            : _groups[groupId] = new ConsumerGroup(groupId, options, Outbox);

    // After each change of a group: it is looked at again in time, or forgotten.
    private void Settle(ConsumerGroup group)
    {
        if (group.IsNothing)
        {
            _groups.Remove(group.Machine.GroupId);
            group.ScheduledAt = TimeSpan.MaxValue;
        }
        else if (group.Machine.NextCheck < group.ScheduledAt)
        {
            group.ScheduledAt = group.Machine.NextCheck;
            _schedule.Enqueue(group, group.ScheduledAt);
        }
    }
}
