using OrleansStream.Contracts;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Tests.Gateways.Security;

public sealed class AuthorizerTests
{
    private const string Alice = "User:alice";
    private const string Here = "10.0.0.1";

    [Theory]
    [InlineData("orders", AclPatternType.Literal, true)]
    [InlineData("order", AclPatternType.Literal, false)]
    [InlineData("orders-eu", AclPatternType.Literal, false)]
    [InlineData("*", AclPatternType.Literal, true)]
    [InlineData("ord", AclPatternType.Prefixed, true)]
    [InlineData("orders", AclPatternType.Prefixed, true)]
    [InlineData("orders-", AclPatternType.Prefixed, false)]
    [InlineData("*", AclPatternType.Prefixed, false)]
    public void A_rule_is_about_its_name_its_prefix_or_every_name(string name, AclPatternType pattern, bool expected)
        => Assert.Equal(expected, Allows("orders", Allow() with { ResourceName = name, PatternType = pattern }));

    [Theory]
    [InlineData(Alice, "*", true)]
    [InlineData("User:*", Here, true)]
    [InlineData("User:bob", "*", false)]
    [InlineData(Alice, "10.0.0.2", false)]
    [InlineData("alice", "*", false)]
    public void A_rule_is_for_its_principal_from_its_host(string principal, string host, bool expected)
        => Assert.Equal(expected, Allows("orders", Allow() with { Principal = principal, Host = host }));

    [Fact]
    public void One_rule_that_denies_outweighs_all_that_allow()
    {
        var denial = Allow() with
        {
            Permission = AclPermission.Deny,
            ResourceName = "or",
            PatternType = AclPatternType.Prefixed,
        };

        Assert.False(Allows("orders", Allow(), Allow() with { ResourceName = "*" }, denial));
        Assert.True(Allows("orders", Allow(), denial with { Host = "10.0.0.2" }));
        Assert.True(Allows("orders", Allow(), denial with { Operation = AclOperation.Write }));
        Assert.False(Allows("orders", Allow(), denial with { Operation = AclOperation.All }));
    }

    [Theory]
    [InlineData(AclOperation.Read, AclOperation.Describe, true)]
    [InlineData(AclOperation.Write, AclOperation.Describe, true)]
    [InlineData(AclOperation.Delete, AclOperation.Describe, true)]
    [InlineData(AclOperation.Alter, AclOperation.Describe, true)]
    [InlineData(AclOperation.AlterConfigs, AclOperation.DescribeConfigs, true)]
    [InlineData(AclOperation.All, AclOperation.AlterConfigs, true)]
    [InlineData(AclOperation.Create, AclOperation.Describe, false)]
    [InlineData(AclOperation.Describe, AclOperation.Read, false)]
    [InlineData(AclOperation.AlterConfigs, AclOperation.Describe, false)]
    public void Who_may_use_a_thing_may_see_it(AclOperation allowed, AclOperation wanted, bool expected)
    {
        var rules = Of(Allow() with { Operation = allowed });

        Assert.Equal(expected, rules.Allows(Alice, Here, wanted, AclResourceType.Topic, "orders"));
    }

    [Fact]
    public void What_is_denied_implies_nothing()
    {
        var rules = Of(
            Allow() with { Operation = AclOperation.Describe }, Allow() with { Permission = AclPermission.Deny });

        Assert.True(rules.Allows(Alice, Here, AclOperation.Describe, AclResourceType.Topic, "orders"));
    }

    [Fact]
    public void Without_any_rule_about_a_thing_the_option_decides()
    {
        var strict = Of(Allow() with { Principal = "User:bob" });
        var open = new Authorizer(strict.Rules, new HashSet<string>(), allowsWithoutRules: true);

        Assert.False(strict.Allows(Alice, Here, AclOperation.Read, AclResourceType.Topic, "other"));
        Assert.True(open.Allows(Alice, Here, AclOperation.Read, AclResourceType.Topic, "other"));
        Assert.False(open.Allows(Alice, Here, AclOperation.Read, AclResourceType.Topic, "orders"));
        Assert.True(open.Allows(Alice, Here, AclOperation.Read, AclResourceType.Group, "orders"));
    }

    [Fact]
    public void No_rule_restricts_a_super_user()
    {
        var denial = Allow() with { Permission = AclPermission.Deny, ResourceName = "*", Operation = AclOperation.All };
        var rules = new Authorizer([denial], new HashSet<string> { Alice }, allowsWithoutRules: false);

        Assert.True(rules.Allows(Alice, Here, AclOperation.Read, AclResourceType.Topic, "orders"));
        Assert.True(rules.AllowsSomewhere(Alice, Here, AclOperation.Write, AclResourceType.Topic));
    }

    [Theory]
    [InlineData("orders", AclPatternType.Literal, "other", AclPatternType.Literal, true)]
    [InlineData("orders", AclPatternType.Literal, "orders", AclPatternType.Literal, false)]
    [InlineData("orders", AclPatternType.Literal, "ord", AclPatternType.Prefixed, false)]
    [InlineData("orders", AclPatternType.Prefixed, "ord", AclPatternType.Prefixed, false)]
    [InlineData("ord", AclPatternType.Prefixed, "orders", AclPatternType.Prefixed, true)]
    [InlineData("*", AclPatternType.Literal, "orders", AclPatternType.Literal, true)]
    [InlineData("orders", AclPatternType.Literal, "*", AclPatternType.Literal, false)]
    public void Somewhere_is_where_a_rule_allows_and_none_denies_all_of_it(
        string allowed, AclPatternType allowedPattern, string denied, AclPatternType deniedPattern, bool expected)
    {
        var rules = Of(
            Allow() with { ResourceName = allowed, PatternType = allowedPattern },
            Allow() with { ResourceName = denied, PatternType = deniedPattern, Permission = AclPermission.Deny });

        Assert.Equal(expected, rules.AllowsSomewhere(Alice, Here, AclOperation.Read, AclResourceType.Topic));
        Assert.False(rules.AllowsSomewhere(Alice, Here, AclOperation.Read, AclResourceType.Group));
    }

    private static bool Allows(string topic, params AclBinding[] rules)
        => Of(rules).Allows(Alice, Here, AclOperation.Read, AclResourceType.Topic, topic);

    private static Authorizer Of(params AclBinding[] rules)
        => new(rules, new HashSet<string>(), allowsWithoutRules: false);

    private static AclBinding Allow() => new(
        AclResourceType.Topic, "orders", AclPatternType.Literal, Alice, "*", AclOperation.Read, AclPermission.Allow);
}
