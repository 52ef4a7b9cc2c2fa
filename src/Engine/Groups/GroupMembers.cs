using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>The members of a group: by id, by instance id, and what they have in common.</summary>
internal sealed class GroupMembers
{
    private readonly OrderedDictionary<string, Member> _byId = []; // In order of joining, so that elections repeat.
    private readonly Dictionary<string, Member> _byInstance = [];

    public int Count => _byId.Count;

    public IReadOnlyList<Member> All => _byId.Values;

    /// <summary>Null while there are no members.</summary>
    public string? LeaderId { get; private set; }

    public bool HaveAllJoined => All.All(member => member.Joining is not null);

    public int JoiningCount => All.Count(member => member.Joining is not null);

    /// <summary>The longest that any member wants to be waited for.</summary>
    public TimeSpan RebalanceTimeout => All.Max(member => member.RebalanceTimeout);

    public int MetadataBytes => All.Sum(member => member.MetadataBytes);

    public Member? Find(string id) => _byId.GetValueOrDefault(id);

    public Member? FindStatic(string? instanceId)
        => instanceId is null ? null : _byInstance.GetValueOrDefault(instanceId);

    /// <summary>What is wrong with who a caller says it is.</summary>
    public StreamError FindFault(string memberId, string? instanceId)
        => instanceId is null
            ? _byId.ContainsKey(memberId) ? StreamError.None : StreamError.UnknownMember
            : FindStatic(instanceId) is not { } member ? StreamError.UnknownMember
            : member.Id == memberId ? StreamError.None
            : StreamError.FencedInstanceId;

    public void Add(Member member)
    {
        _byId.Add(member.Id, member);
        if (member.InstanceId is { } instanceId)
        {
            _byInstance.Add(instanceId, member);
        }

        LeaderId ??= member.Id;
    }

    public void Remove(Member member)
    {
        _byId.Remove(member.Id);
        if (member.InstanceId is { } instanceId)
        {
            _byInstance.Remove(instanceId);
        }

        if (LeaderId == member.Id)
        {
            LeaderId = Count > 0 ? All[0].Id : null;
        }
    }

    /// <summary>Gives a static member its next id. It keeps its place, and leads if it led.</summary>
    public void Rename(Member member, string newId)
    {
        var index = _byId.IndexOf(member.Id);
        _byId.RemoveAt(index);
        _byId.Insert(index, newId, member);
        LeaderId = LeaderId == member.Id ? newId : LeaderId;
        member.Id = newId;
    }

    /// <summary>Puts back what was stored.</summary>
    public void Restore(StoredGroup stored)
    {
        _byId.Clear();
        _byInstance.Clear();
        foreach (var member in stored.Members)
        {
            Add(new Member(member));
        }

        LeaderId = stored.LeaderId;
    }

    /// <summary>Has somebody lead who has joined; false when nobody has.</summary>
    public bool TryElectJoined()
    {
        if (LeaderId is null || Find(LeaderId)!.Joining is null)
        {
            LeaderId = All.FirstOrDefault(member => member.Joining is not null)?.Id ?? LeaderId;
        }

        return LeaderId is not null && Find(LeaderId)!.Joining is not null;
    }

    /// <summary>Whether some protocol of these is one that every member offers.</summary>
    public bool HaveInCommon(IReadOnlyList<GroupProtocol> protocols)
        => protocols.Any(protocol => All.All(member => IsOffered(member, protocol.Name)));

    /// <summary>The protocol that every member offers and most prefer; the leader's order decides a tie.</summary>
    public string SelectProtocol()
    {
        var candidates = Find(LeaderId!)!.Protocols
            .Select(protocol => protocol.Name)
            .Where(name => All.All(member => IsOffered(member, name)))
            .ToArray();
        return candidates.MaxBy(
            candidate => All.Count(
                member => member.Protocols.First(protocol => candidates.Contains(protocol.Name)).Name == candidate))!;
    }

    private static bool IsOffered(Member member, string protocol)
        => member.Protocols.Any(offered => offered.Name == protocol);
}
