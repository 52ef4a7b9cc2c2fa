using System.Text;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>One group: its members, its offsets, and what the one allows of the other.</summary>
internal sealed class ConsumerGroup
{
    private readonly GroupOptions _options;

    public ConsumerGroup(string id, GroupOptions options, GroupOutbox outbox)
    {
        _options = options;
        Machine = new GroupMachine(id, options, outbox);
        Requests = new MemberRequests(Machine, options, outbox);
        Offsets = new CommittedOffsets(id, outbox);
    }

    public GroupMachine Machine { get; }

    public MemberRequests Requests { get; }

    public CommittedOffsets Offsets { get; }

    /// <summary>When it is looked at next; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan ScheduledAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>Whether it is as if it had never been.</summary>
    public bool IsNothing
        => Machine.State == GroupState.Empty
            && !Machine.HasPending
            && Machine.Stored is null
            && Offsets.Count == 0;

    public int RecordCount => Offsets.Count + (Machine.Stored is null ? 0 : 1);

    public CommitOffsetsReply Commit(CommitOffsetsRequest request, Moment now)
    {
        if (FindFault(request.Member) is var fault && fault != StreamError.None)
        {
            return new(fault, []);
        }

        if (Machine.Members.Find(request.Member.MemberId) is { } member)
        {
            Machine.Extend(member, now);
        }

        var expiresAt = request.Retention is { } retention ? now.UnixTime + (long)retention.TotalMilliseconds : -1;
        return new(StreamError.None, [.. request.Offsets.Select(offset => Commit(offset, now.UnixTime, expiresAt))]);
    }

    public CommitOffsetsReply DeleteOffsets(DeleteOffsetsRequest request)
    {
        if (Machine.State != GroupState.Empty && Machine.ProtocolType != Subscription.ConsumerType)
        {
            return new(StreamError.NonEmptyGroup, []);
        }

        var errors = new StreamError[request.Partitions.Count];
        for (var i = 0; i < errors.Length; i++)
        {
            if (IsSubscribedTo(request.Topics[i]))
            {
                errors[i] = StreamError.GroupSubscribedToTopic;
            }
            else
            {
                Offsets.Delete(request.Partitions[i]);
            }
        }

        return new(StreamError.None, errors);
    }

    public StreamError Delete()
    {
        if (Machine.State != GroupState.Empty)
        {
            return StreamError.NonEmptyGroup;
        }

        foreach (var partition in Offsets.Partitions.ToArray())
        {
            Offsets.Delete(partition);
        }

        Machine.Forget();
        return StreamError.None;
    }

    /// <summary>Forgets what has expired, which only what nobody is a member of does.</summary>
    public void Expire(Moment now)
    {
        if (Machine.State != GroupState.Empty)
        {
            return;
        }

        Offsets.Expire(Machine.EmptySince, _options.OffsetRetention, now.UnixTime);
        if (Offsets.Count == 0 && !Machine.HasPending)
        {
            Machine.Forget();
        }
    }

    public GroupDescription Describe()
        => new(
            StreamError.None,
            Machine.GroupId,
            Machine.State,
            Machine.ProtocolType ?? "",
            Machine.Protocol ?? "",
            [.. Machine.Members.All.Select(member => new MemberDescription(
                member.Id,
                member.InstanceId,
                member.ClientId,
                member.ClientHost,
                member.MetadataIn(Machine.Protocol),
                member.Assignment))]);

    /// <summary>The records that would bring all of it back.</summary>
    public IEnumerable<GroupRecord> ToRecords()
        => Machine.Stored is { } stored
            ? Offsets.ToRecords().Append(new(GroupRecords.EncodeKey(new(Machine.GroupId, null)), stored))
            : Offsets.ToRecords();

    private StreamError FindFault(GroupMember caller)
    {
        var isAnybody = caller.Generation < 0;
        if (isAnybody && Machine.State == GroupState.Empty)
        {
            return StreamError.None;
        }

        // Whoever is in the generation knows that assignments are being made: it commits again once it has its own.
        return Requests.FindFault(caller) is var fault && fault != StreamError.None ? fault
            : Machine.State == GroupState.CompletingRebalance ? StreamError.RebalanceInProgress
            : StreamError.None;
    }

    private StreamError Commit(CommittedOffset offset, long unixTime, long expiresAt)
    {
        if (Encoding.UTF8.GetByteCount(offset.Metadata) > _options.MaxOffsetMetadataBytes)
        {
            return StreamError.OffsetMetadataTooLarge;
        }

        Offsets.Commit(
            offset.Partition, new(offset.Offset, offset.LeaderEpoch, offset.Metadata, unixTime, expiresAt));
        return StreamError.None;
    }

    private bool IsSubscribedTo(string topic)
        => Machine.Members.All.Any(
            member => member.Protocols.Any(
                protocol => !Subscription.TryRead(protocol.Metadata, out var topics) || topics.Contains(topic)));
}
