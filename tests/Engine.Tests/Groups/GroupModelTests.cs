using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Tests.Groups;

/// <summary>
/// Members that keep to the protocol, members that vanish and come back, restarts and rewritings, in any order.
/// </summary>
public sealed class GroupModelTests
{
    public static readonly TimeSpan Session = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Rebalance = TimeSpan.FromSeconds(30);

    private static readonly Guid Topic = new(1, 0, 0, new byte[8]);

    private readonly GroupDriver _driver = new(new GroupOptions());
    private readonly List<SimulatedMember> _steady = []; // Polled all the time.
    private readonly List<SimulatedMember> _erratic = []; // Polled now and then.
    private readonly Dictionary<PartitionId, long> _committed = [];
    private readonly Dictionary<int, HashSet<string>> _generations = [];
    private int _lastName;

    public GroupModelTests() => _driver.Topics.Add(Topic);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_happens_steady_members_stay_and_commits_hold(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 1_000; step++)
        {
            Step(random);
            Check();
        }

        Calm();
    }

    private void Step(Random random)
    {
        switch (random.Next(20))
        {
            case 0 when _steady.Count < 4:
                _steady.Add(Create(random));
                break;
            case 1 when _steady.Count > 0:
                var leaving = Any(_steady, random);
                leaving.Leave();
                _steady.Remove(leaving);
                break;
            case 2 when _erratic.Count < 4:
                _erratic.Add(Create(random, mayVanish: true));
                break;
            case 3 when _erratic.Count > 0:
                Any(_erratic, random).Restart();
                break;
            case 4 when random.Next(4) == 0:
                Reload();
                break;
            case 5:
                _driver.Rewrite();
                break;
            case < 9:
                Commit(random);
                break;
            default:
                LiveOn(random);
                break;
        }
    }

    private void LiveOn(Random random)
    {
        foreach (var member in _erratic.Where(_ => random.Next(3) == 0))
        {
            member.Poll();
        }

        _driver.Wait(Session / 3 * random.NextDouble());
        foreach (var member in _steady)
        {
            member.Poll();
        }
    }

    private void Commit(Random random)
    {
        var member = _steady.Concat(_erratic).ElementAtOrDefault(random.Next(_steady.Count + _erratic.Count + 1));
        var partition = new PartitionId(Topic, random.Next(5));
        var offset = random.Next(1_000);
        var reply = _driver.Commit(
            member?.Identity ?? new(GroupDriver.GroupId, -1, "", null), new CommittedOffset(partition, offset, -1, ""));
        if (reply.Error == StreamError.None)
        {
            _committed[partition] = offset;
        }
    }

    private void Reload()
    {
        _driver.Reload();
        var stored = _driver.Groups.Describe(GroupDriver.GroupId).Members.Select(member => member.MemberId).ToHashSet();
        foreach (var member in _steady.Concat(_erratic))
        {
            member.OnReload(stored.Contains(member.MemberId));
        }
    }

    private void Check()
    {
        var group = _driver.Groups.Describe(GroupDriver.GroupId);
        var instances = group.Members.Select(member => member.InstanceId).OfType<string>().ToList();
        Assert.Equal(instances.Distinct(), instances);
        var offsets = _driver.Groups.Fetch(new(GroupDriver.GroupId, null)).Offsets;
        Assert.Equal(
            _committed.OrderBy(pair => pair.Key),
            offsets.Select(offset => KeyValuePair.Create(offset.Partition, offset.Offset)).OrderBy(pair => pair.Key));
        Assert.Equal(Texts(_driver.Groups), Texts(_driver.Replay()));
    }

    // The steady ones alone find together again, and nothing moves any more.
    private void Calm()
    {
        for (var i = 0; i < 60; i++)
        {
            _driver.Wait(Session / 3);
            foreach (var member in _steady)
            {
                member.Poll();
            }
        }

        var group = _driver.Groups.Describe(GroupDriver.GroupId);
        Assert.All(_steady, member => Assert.True(member.IsAssigned));
        Assert.Equal(
            _steady.Select(member => member.MemberId).Order(), group.Members.Select(member => member.MemberId).Order());
        Assert.True(
            group.State == GroupState.Stable
            || (_steady.Count == 0 && group.State is GroupState.Empty or GroupState.Dead));
    }

    private SimulatedMember Create(Random random, bool mayVanish = false)
        => new(_driver, $"m{++_lastName}", isStatic: random.Next(2) == 0, mayVanish, OnFormed);

    // A generation has one leader, which alone is told of the members; a static one may come back with another id.
    private void OnFormed(JoinGroupReply reply)
    {
        if (reply.Members.Count > 0 && !reply.SkipAssignment)
        {
            var leaders = _generations.TryGetValue(reply.Generation, out var known)
                ? known
                : _generations[reply.Generation] = [];
            leaders.Add(reply.LeaderId);
            Assert.Single(leaders);
        }
    }

    private static SimulatedMember Any(List<SimulatedMember> members, Random random)
        => members[random.Next(members.Count)];

    private static IEnumerable<string> Texts(GroupPartition groups)
        => groups.ToRecords()
            .Select(record => $"{Convert.ToHexString(record.Key.Span)} {Convert.ToHexString(record.Value!.Value.Span)}")
            .Order();
}
