using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>What every host must do with users and rules.</summary>
public abstract class SecurityContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    private ISecurityStore Security => Cluster.Security;

    [Fact]
    public async Task Users_and_rules_are_seen_at_once_and_survive_a_restart()
    {
        Assert.Equal(StreamError.None, await SetAsync("alice", ScramMechanism.Sha256, salt: 1));
        Assert.Equal(StreamError.None, await SetAsync("alice", ScramMechanism.Sha256, salt: 2));
        Assert.Equal(StreamError.None, await SetAsync("bob", ScramMechanism.Sha512, salt: 3));
        var rules = Enumerable.Range(0, 250).Select(number => Rule($"topic-{number}")).ToList();
        Assert.Equal(StreamError.None, await Security.CreateAclsAsync(rules, None));
        Assert.Equal(StreamError.None, await Security.CreateAclsAsync(rules, None));
        await AssertKeptAsync(rules);
        var secret = (await Security.GetAsync(None)).SaltKey;

        await RestartAsync();

        await AssertKeptAsync(rules);
        Assert.Equal(secret, (await Security.GetAsync(None)).SaltKey);
    }

    [Fact]
    public async Task A_users_credentials_change_all_or_not_at_all()
    {
        await SetAsync("alice", ScramMechanism.Sha256, salt: 1);

        var refused = await Security.AlterCredentialsAsync(
            "alice", [new(ScramMechanism.Sha256, null), new(ScramMechanism.Sha512, null)], None);

        Assert.Equal(StreamError.UnknownUser, refused);
        Assert.Single((await Security.GetAsync(None)).Credentials);
        Assert.Equal(
            StreamError.None,
            await Security.AlterCredentialsAsync("alice", [new(ScramMechanism.Sha256, null)], None));
        Assert.Empty((await Security.GetAsync(None)).Credentials);
    }

    [Fact]
    public async Task A_filter_deletes_what_it_matches_and_names_it()
    {
        var prefixed = Rule("orders-") with { PatternType = AclPatternType.Prefixed };
        await Security.CreateAclsAsync([Rule("orders-1"), Rule("other"), prefixed], None);

        var filter = new AclFilter(
            AclResourceType.Topic, "orders-1", AclPatternType.Match, null, null, AclOperation.Any, AclPermission.Any);
        var deletion = await Security.DeleteAclsAsync(filter, None);

        Assert.Equal(StreamError.None, deletion.Error);
        Assert.Equal([Rule("orders-1"), prefixed], deletion.Deleted.OrderBy(acl => acl.PatternType));
        Assert.Equal([Rule("other")], (await Security.GetAsync(None)).Acls);
    }

    private ValueTask<StreamError> SetAsync(string user, ScramMechanism mechanism, byte salt)
        => Security.AlterCredentialsAsync(
            user, [new(mechanism, new ScramCredential(user, mechanism, 4_096, [salt], [1], [2]))], None);

    private async Task AssertKeptAsync(List<AclBinding> rules)
    {
        var snapshot = await Security.GetAsync(None);
        Assert.Equal(
            [("alice", ScramMechanism.Sha256, 2), ("bob", ScramMechanism.Sha512, 3)],
            snapshot.Credentials.OrderBy(one => one.User).Select(one => (one.User, one.Mechanism, (int)one.Salt[0])));
        Assert.Equal(rules.ToHashSet(), snapshot.Acls.ToHashSet());
        Assert.Equal(rules.Count, snapshot.Acls.Count);
    }

    private static AclBinding Rule(string topic) => new(
        AclResourceType.Topic, topic, AclPatternType.Literal, "User:a", "*", AclOperation.Read, AclPermission.Allow);
}
