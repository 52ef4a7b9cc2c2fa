using OrleansStream.Client.Groups;

namespace OrleansStream.Client.Tests.Groups;

public sealed class AssignorTests
{
    private const int MaxGenerations = 6;

    [Fact]
    public void Range_gives_neighbours_of_each_topic_and_one_more_to_the_first()
        => Assert.Equal(
            ["a-0 a-1 a-2 b-0", "a-3 a-4 b-1"],
            Assign(new RangeAssignor(), new() { ["a"] = 5, ["b"] = 2 }, Mate("x", ["a", "b"]), Mate("y", ["a", "b"])));

    [Fact]
    public void Round_robin_takes_turns_and_passes_over_who_does_not_subscribe()
        => Assert.Equal(
            ["a-0 a-2 b-0 b-1", "a-1"],
            Assign(new RoundRobinAssignor(), new() { ["a"] = 3, ["b"] = 2 }, Mate("x", ["a", "b"]), Mate("y", ["a"])));

    [Fact]
    public void Sticky_leaves_out_what_moves_until_its_reader_has_given_it_up()
    {
        var topics = new Dictionary<string, int> { ["a"] = 4 };

        Assert.Equal(
            ["a-0 a-1", ""],
            Assign(new StickyAssignor(), topics, Mate("x", ["a"], "a-0 a-1 a-2 a-3"), Mate("y", ["a"])));
        Assert.Equal(
            ["a-0 a-1", "a-2 a-3"],
            Assign(new StickyAssignor(), topics, Mate("x", ["a"], "a-0 a-1"), Mate("y", ["a"])));
    }

    [Fact]
    public void Sticky_believes_the_later_generation()
        => Assert.Equal(
            ["a-0", "a-1"],
            Assign(
                new StickyAssignor(),
                new() { ["a"] = 2 },
                Mate("x", ["a"], "a-0 a-1", generation: 4),
                Mate("y", ["a"], "a-1", generation: 5)));

    // Members with random subscriptions come and go. Whatever the mix, after a few generations every partition has one
    // reader that subscribes to it, and nothing moves any more.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Under_random_changes_sticky_settles_with_every_partition_at_one_subscriber(int seed)
    {
        var random = new Random(seed);
        var topics = new Dictionary<string, int> { ["a"] = 7, ["b"] = 3, ["c"] = 11 };
        var members = new List<GroupMate>();
        for (var round = 0; round < 200; round++)
        {
            if (members.Count > 1 && random.Next(2) == 0)
            {
                members.RemoveAt(random.Next(members.Count));
            }
            else if (members.Count < 9)
            {
                members.Add(Mate($"m{round}", [.. topics.Keys.Where(_ => random.Next(3) > 0)]));
            }

            var generations = 0;
            for (var next = Rejoin(members, topics); ; next = Rejoin(members, topics))
            {
                var isSettled = Owned(next).SequenceEqual(Owned(members));
                members = next;
                if (isSettled)
                {
                    break;
                }

                Assert.InRange(++generations, 1, MaxGenerations);
            }

            var subscribed = members.SelectMany(member => member.Subscription.Topics).Distinct();
            Assert.Equal(
                subscribed.Sum(topic => topics[topic]), members.Sum(member => member.Subscription.Owned.Count));
            Assert.Distinct(members.SelectMany(member => member.Subscription.Owned));
            Assert.All(members, member => Assert.All(
                member.Subscription.Owned, partition => Assert.Contains(partition.Topic, member.Subscription.Topics)));
        }
    }

    [Fact]
    public void Subscriptions_and_assignments_are_read_as_they_were_written()
    {
        var subscription = Mate("x", ["a", "b"], "a-0 b-3", generation: 9).Subscription;

        var read = ConsumerProtocol.ReadSubscription(ConsumerProtocol.Write(subscription));

        Assert.Equal(subscription.Topics, read.Topics);
        Assert.Equal(subscription.Owned, read.Owned);
        Assert.Equal(9, read.Generation);
        Assert.Equal(subscription.Owned, ConsumerProtocol.ReadAssignment(ConsumerProtocol.Write(subscription.Owned)));
    }

    private static List<GroupMate> Rejoin(List<GroupMate> members, Dictionary<string, int> topics)
    {
        var assigned = new StickyAssignor().Assign(members, topics);
        return [.. members.Select((member, i) => member with
        {
            Subscription = member.Subscription with { Owned = assigned[i] },
        })];
    }

    private static string[] Owned(IEnumerable<GroupMate> members)
        => [.. members.Select(member => string.Join(' ', member.Subscription.Owned))];

    private static string[] Assign(IAssignor assignor, Dictionary<string, int> topics, params GroupMate[] members)
        => [.. assignor.Assign(members, topics).Select(partitions => string.Join(' ', partitions))];

    private static GroupMate Mate(string id, string[] topics, string owned = "", int generation = 1)
        => new(id, null, new Subscription(
            topics,
            [.. owned.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text => text.Split('-'))
                .Select(parts => new TopicPartition(parts[0], int.Parse(parts[1])))],
            generation));
}
