using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>One member of a group, and what it waits for.</summary>
internal sealed class Member
{
    public Member(string id, JoinGroupRequest request)
    {
        Id = id;
        InstanceId = request.InstanceId;
        ClientId = request.ClientId;
        ClientHost = request.ClientHost;
        Update(request);
        IsNew = true;
    }

    public Member(StoredMember stored)
    {
        Id = stored.Id;
        InstanceId = stored.InstanceId;
        ClientId = stored.ClientId;
        ClientHost = stored.ClientHost;
        SessionTimeout = stored.SessionTimeout;
        RebalanceTimeout = stored.RebalanceTimeout;
        Protocols = stored.Protocols;
        Assignment = stored.Assignment;
    }

    /// <summary>A static member gets another each time it starts.</summary>
    public string Id { get; set; }

    public string? InstanceId { get; }

    public string ClientId { get; }

    public string ClientHost { get; }

    public TimeSpan SessionTimeout { get; private set; }

    public TimeSpan RebalanceTimeout { get; private set; }

    public IReadOnlyList<GroupProtocol> Protocols { get; private set; } = [];

    public byte[] Assignment { get; set; } = [];

    /// <summary>When it is removed unless it says that it is alive.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary>It has joined no generation yet, so it cannot say that it is alive.</summary>
    public bool IsNew { get; set; }

    /// <summary>It has not asked for its assignment in this generation.</summary>
    public bool OwesSync { get; set; }

    public IGroupCall<JoinGroupReply>? Joining { get; set; }

    public IGroupCall<SyncGroupReply>? Syncing { get; set; }

    /// <summary>Who waits for the group is alive, for the group ends its wait. A new one may wait in vain.</summary>
    public bool CanExpire => IsNew || (Joining is null && Syncing is null);

    public int MetadataBytes => BytesOf(Protocols);

    public static int BytesOf(IReadOnlyList<GroupProtocol> protocols)
        => protocols.Sum(protocol => protocol.Name.Length + protocol.Metadata.Length);

    public void Update(JoinGroupRequest request)
    {
        SessionTimeout = request.SessionTimeout;
        RebalanceTimeout = request.RebalanceTimeout;
        Protocols = request.Protocols;
    }

    /// <summary>Whether it says just this about itself already.</summary>
    public bool Offers(IReadOnlyList<GroupProtocol> protocols)
        => Protocols.Count == protocols.Count
            && Protocols.Zip(protocols).All(pair =>
                pair.First.Name == pair.Second.Name
                && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    /// <summary>What it says about itself in a protocol; empty when it does not offer it.</summary>
    public byte[] MetadataIn(string? protocol)
        => Protocols.FirstOrDefault(offered => offered.Name == protocol).Metadata ?? [];

    public StoredMember ToStored()
        => new(Id, InstanceId, ClientId, ClientHost, SessionTimeout, RebalanceTimeout, Protocols, Assignment);
}
