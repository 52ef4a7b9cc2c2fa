using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>How rules and users are managed by those who may.</summary>
public sealed class SecurityApisTests : ClusterTests
{
    private static readonly AclBinding s_rule = new(
        AclResourceType.Topic, "orders", AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Allow);

    [Fact]
    public async Task Rules_are_created_shown_by_resource_and_deleted()
    {
        var harness = Open();
        var write = s_rule with { Operation = AclOperation.Write };
        var group = s_rule with { ResourceType = AclResourceType.Group };

        var created = await harness.AskAsync(new CreateAclsRequest([new(s_rule), new(write), new(group)]));
        Assert.All(created.Results, result => Assert.Equal(new AclCreated(ErrorCode.None), result));

        var described = await harness.AskAsync(new DescribeAclsRequest(Filter("orders")));
        Assert.Equal(
            [
                (AclResourceType.Topic, "orders", AclOperation.Read),
                (AclResourceType.Topic, "orders", AclOperation.Write),
                (AclResourceType.Group, "orders", AclOperation.Read),
            ],
            described.Resources.SelectMany(resource
                => resource.Acls.Select(acl => (resource.Type, resource.Name, acl.Operation))));

        var topics = Filter("orders") with { ResourceType = AclResourceType.Topic };
        var deleted = await harness.AskAsync(new DeleteAclsRequest([new(topics), new(Filter("x"))]));
        Assert.Equal([s_rule, write], deleted.Results[0].Acls.Select(acl => acl.Acl));
        Assert.Empty(deleted.Results[1].Acls);
        Assert.Equal([group], (await Cluster.Security.GetAsync(default)).Acls);
    }

    [Theory]
    [InlineData(AclResourceType.Any, "orders", AclPatternType.Literal, "User:a", AclOperation.Read)]
    [InlineData((AclResourceType)99, "orders", AclPatternType.Literal, "User:a", AclOperation.Read)]
    [InlineData(AclResourceType.Topic, "", AclPatternType.Literal, "User:a", AclOperation.Read)]
    [InlineData(AclResourceType.Cluster, "mine", AclPatternType.Literal, "User:a", AclOperation.Read)]
    [InlineData(AclResourceType.Topic, "orders", AclPatternType.Match, "User:a", AclOperation.Read)]
    [InlineData(AclResourceType.Topic, "orders", AclPatternType.Literal, "alice", AclOperation.Read)]
    [InlineData(AclResourceType.Topic, "orders", AclPatternType.Literal, "User:a", AclOperation.Any)]
    public async Task A_rule_that_makes_no_sense_is_refused_and_the_others_are_not(
        AclResourceType type, string name, AclPatternType pattern, string principal, AclOperation operation)
    {
        var wrong = new AclBinding(type, name, pattern, principal, "*", operation, AclPermission.Allow);

        var created = await Open().AskAsync(new CreateAclsRequest([new(wrong), new(s_rule)]));

        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.None], created.Results.Select(result => result.Error));
        Assert.Equal([s_rule], (await Cluster.Security.GetAsync(default)).Acls);
    }

    [Fact]
    public async Task Where_rules_are_not_applied_there_are_none_to_manage()
    {
        Assert.Equal(
            ErrorCode.SecurityDisabled, (await Harness.AskAsync(new DescribeAclsRequest(Filter("orders")))).Error);
        var created = await Harness.AskAsync(new CreateAclsRequest([new(s_rule)]));
        Assert.Equal(ErrorCode.SecurityDisabled, created.Results[0].Error);
    }

    [Fact]
    public async Task Users_are_set_shown_and_deleted()
    {
        var set = await AlterAsync([], [Upsertion("alice"), Upsertion("bob")]);
        Assert.Equal([("alice", ErrorCode.None), ("bob", ErrorCode.None)], set);
        var kept = (await Cluster.Security.GetAsync(default)).Credentials.Single(one => one.User == "alice");
        Assert.True(ScramKeys.Fits(kept, "secret"));

        var shown = await Harness.AskAsync(new DescribeUserScramCredentialsRequest([new("alice"), new("eve")]));
        Assert.Equal(
            [("alice", ErrorCode.None), ("eve", ErrorCode.ResourceNotFound)],
            shown.Users.Select(user => (user.Name, user.Error)));
        Assert.Equal([new DescribedCredential(ScramMechanism.Sha256, 4_096)], shown.Users[0].Credentials);

        Assert.Equal(
            [("alice", ErrorCode.None), ("eve", ErrorCode.ResourceNotFound)],
            await AlterAsync([new("alice", ScramMechanism.Sha256), new("eve", ScramMechanism.Sha256)], []));
        var left = await Harness.AskAsync(new DescribeUserScramCredentialsRequest(null));
        Assert.Equal(["bob"], left.Users.Select(user => user.Name));
    }

    [Fact]
    public async Task A_credential_that_is_too_weak_or_said_twice_is_refused()
    {
        var good = Upsertion("alice");

        Assert.Equal(
            [("alice", ErrorCode.UnacceptableCredential)], await AlterAsync([], [good with { Iterations = 4_095 }]));
        Assert.Equal(
            [("alice", ErrorCode.UnacceptableCredential)], await AlterAsync([], [good with { SaltedPassword = [1] }]));
        Assert.Equal(
            [("alice", ErrorCode.UnsupportedSaslMechanism)],
            await AlterAsync([], [good with { Mechanism = (ScramMechanism)9 }]));
        Assert.Equal([("alice", ErrorCode.DuplicateResource)], await AlterAsync([], [good, good]));
        Assert.Equal(
            [("al\nice", ErrorCode.UnacceptableCredential)], await AlterAsync([], [good with { User = "al\nice" }]));
        Assert.Empty((await Cluster.Security.GetAsync(default)).Credentials);
    }

    private async Task<IEnumerable<(string User, ErrorCode Error)>> AlterAsync(
        ScramDeletion[] deletions, ScramUpsertion[] upsertions)
    {
        var response = await Harness.AskAsync(new AlterUserScramCredentialsRequest(deletions, upsertions));
        return response.Users.Select(user => (user.User, user.Error));
    }

    private RouterHarness Open() => new(
        Cluster,
        securityOptions: new SecurityOptions { Authorize = true, SuperUsers = $"User:other; {Authorizer.Anonymous}" });

    private static ScramUpsertion Upsertion(string user)
    {
        byte[] salt = [1, 2, 3];
        var salted = ScramKeys.SaltPassword(ScramMechanism.Sha256, "secret", salt, 4_096);
        return new ScramUpsertion(user, ScramMechanism.Sha256, 4_096, salt, salted);
    }

    private static AclFilter Filter(string name) => new(
        AclResourceType.Any, name, AclPatternType.Literal, null, null, AclOperation.Any, AclPermission.Any);
}
