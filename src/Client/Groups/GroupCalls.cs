using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Groups;

/// <summary>One member's side of the group protocol: what it says, and as whom.</summary>
/// <remarks>Used by the loop of a <see cref="Membership"/>; only <see cref="Committer"/> is read by others.</remarks>
internal sealed class GroupCalls(
    ClientLink link, ConsumerOptions options, IReadOnlyList<string> topics, Coordinator coordinator)
{
    private const int NoGeneration = -1;

    private readonly IAssignor _assignor = Assignors.Create(options.Assignor);
    private readonly string _groupId = options.GroupId!;
    private CommitterBox _committer = new(new Committer(NoGeneration, "", options.InstanceId));
    private bool _isLeader;
    private long _topicsSeenAt;
    private Dictionary<string, int> _partitionCounts = [];

    public bool IsCooperative => _assignor.IsCooperative;

    /// <summary>Who this member is in the generation it has joined.</summary>
    public Committer Committer
    {
        get => Volatile.Read(ref _committer).Value;
        private set => Volatile.Write(ref _committer, new CommitterBox(value));
    }

    /// <summary>Joins the next generation.</summary>
    /// <param name="owned">What this member reads until then.</param>
    /// <returns>What it is to read.</returns>
    public async Task<TopicPartition[]> JoinAsync(
        IReadOnlyList<TopicPartition> owned, CancellationToken cancellationToken)
    {
        var joined = await SendJoinAsync(owned, cancellationToken).ConfigureAwait(false);
        Committer = new Committer(joined.GenerationId, joined.MemberId, options.InstanceId);
        _isLeader = joined.LeaderId == joined.MemberId;
        SyncGroupAssignment[] assignments = _isLeader && !joined.SkipAssignment
            ? await AssignAsync(joined.Members, cancellationToken).ConfigureAwait(false)
            : [];
        var request = new SyncGroupRequest(
            _groupId,
            Committer.Generation,
            Committer.MemberId,
            options.InstanceId,
            ConsumerProtocol.Type,
            _assignor.Name,
            assignments);
        var synced = await coordinator.CallAsync(
            Lane.Group, request, answer => answer.Error, JoinTimeout, cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(synced.Error, $"Getting the assignment in {_groupId}");
        return ConsumerProtocol.ReadAssignment(synced.Assignment);
    }

    /// <summary>Waits, then says that the member is alive.</summary>
    /// <returns>False when it is time to join again.</returns>
    public async Task<bool> StayAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.HeartbeatInterval, link.Time, cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = await BeatAsync(cancellationToken).ConfigureAwait(false);
            if (answer == ErrorCode.RebalanceInProgress)
            {
                return false;
            }

            StreamException.ThrowIf(answer, $"Staying in {_groupId}");
            return !(_isLeader && await HaveTopicsChangedAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (StreamException e) when (e.IsTransient)
        {
            // The next heartbeat finds the coordinator again; the session lasts longer than one.
            return true;
        }
    }

    public async Task<ErrorCode> BeatAsync(CancellationToken cancellationToken)
    {
        var (generation, memberId, instanceId) = Committer;
        var response = await coordinator.CallAsync(
            Lane.Group,
            new HeartbeatRequest(_groupId, generation, memberId, instanceId),
            answer => answer.Error,
            null,
            cancellationToken).ConfigureAwait(false);
        return response.Error;
    }

    /// <summary>Leaves at once; a static member only goes silent, because it is to come back.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (options.InstanceId is null && Committer.MemberId.Length > 0)
        {
            // Not behind a request to join that nobody waits for any more.
            var request = new LeaveGroupRequest(_groupId, [new LeavingGroupMember(Committer.MemberId)]);
            await coordinator.CallAsync(Lane.Control, request, answer => answer.Error, null, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The generation is over for this member; and it itself, if the group does not know it any more.
    /// </summary>
    public void ForgetMember(bool isUnknown)
        => Committer = new Committer(NoGeneration, isUnknown ? "" : Committer.MemberId, options.InstanceId);

    private TimeSpan JoinTimeout => options.RebalanceTimeout + link.Options.RequestTimeout;

    private async Task<JoinGroupResponse> SendJoinAsync(
        IReadOnlyList<TopicPartition> owned, CancellationToken cancellationToken)
    {
        var subscription = new Subscription(topics, IsCooperative ? owned : [], Committer.Generation);
        while (true)
        {
            var request = new JoinGroupRequest(
                _groupId,
                (int)options.SessionTimeout.TotalMilliseconds,
                (int)options.RebalanceTimeout.TotalMilliseconds,
                Committer.MemberId,
                options.InstanceId,
                ConsumerProtocol.Type,
                [new JoinGroupProtocol(_assignor.Name, ConsumerProtocol.Write(subscription))]);
            var response = await coordinator.CallAsync(
                Lane.Group, request, answer => answer.Error, JoinTimeout, cancellationToken).ConfigureAwait(false);
            if (response.Error != ErrorCode.MemberIdRequired)
            {
                StreamException.ThrowIf(response.Error, $"Joining {_groupId}");
                return response;
            }

            Committer = new Committer(NoGeneration, response.MemberId, options.InstanceId);
        }
    }

    private async Task<SyncGroupAssignment[]> AssignAsync(
        IReadOnlyList<JoinGroupMember> members, CancellationToken cancellationToken)
    {
        GroupMate[] mates = [.. members.Select(member => new GroupMate(
            member.MemberId, member.InstanceId, ConsumerProtocol.ReadSubscription(member.Metadata)))];
        string[] subscribed = [.. mates.SelectMany(mate => mate.Subscription.Topics).Distinct()];
        _partitionCounts = await CountPartitionsAsync(subscribed, cancellationToken).ConfigureAwait(false);
        var assigned = _assignor.Assign(mates, _partitionCounts);
        return [.. mates.Select((mate, i) => new SyncGroupAssignment(
            mate.MemberId, ConsumerProtocol.Write(assigned[i])))];
    }

    private async Task<Dictionary<string, int>> CountPartitionsAsync(
        IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var known = await link.Topics.RefreshAsync(names, cancellationToken).ConfigureAwait(false);
        _topicsSeenAt = link.Time.GetTimestamp();
        return names.ToDictionary(
            name => name, name => known.FirstOrDefault(topic => topic.Name == name)?.PartitionCount ?? 0);
    }

    private async Task<bool> HaveTopicsChangedAsync(CancellationToken cancellationToken)
    {
        if (link.Time.GetElapsedTime(_topicsSeenAt) < options.TopicRefreshInterval)
        {
            return false;
        }

        var counts = await CountPartitionsAsync(_partitionCounts.Keys, cancellationToken).ConfigureAwait(false);
        return counts.Any(topic => topic.Value != _partitionCounts[topic.Key]);
    }

    private sealed record CommitterBox(Committer Value);
}
