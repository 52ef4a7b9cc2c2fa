using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Sasl;
using OrleansStream.Silo.Gateways.Security;
using OrleansStream.Silo.Tests.Gateways.Kafka;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.Gateways.Security;

public sealed class UsersTests : ClusterTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "users");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Users_of_the_file_log_in_until_they_are_taken_out()
    {
        var record = ScramKeys.CreateCredential("bob", ScramMechanism.Sha512, "hers", [1, 2], 5_000);
        await System.IO.File.WriteAllLinesAsync(
            File,
            [
                "# users",
                "",
                "alice:a:pass#word ",
                $"bob:SCRAM-SHA-512$5000:{Base64(record.Salt)}${Base64(record.StoredKey)}:{Base64(record.ServerKey)}",
            ]);
        Assert.Null(UsersFile.FindMistake(File));
        var users = Open();

        Assert.True(await LogsInAsync(users, "alice", ScramMechanism.Sha256, "a:pass#word "));
        Assert.True(await LogsInAsync(users, "alice", ScramMechanism.Unknown, "a:pass#word "));
        Assert.False(await LogsInAsync(users, "alice", ScramMechanism.Sha256, "a"));
        Assert.True(await LogsInAsync(users, "bob", ScramMechanism.Unknown, "hers"));
        Assert.False(await LogsInAsync(users, "bob", ScramMechanism.Sha256, "hers"));

        await System.IO.File.WriteAllTextAsync(File, "not a line of users\n");
        Assert.True(await LogsInAsync(users, "bob", ScramMechanism.Sha512, "hers"));

        await System.IO.File.WriteAllTextAsync(File, "alice:new\n");
        Assert.False(await LogsInAsync(users, "bob", ScramMechanism.Sha512, "hers"));
        Assert.True(await LogsInAsync(users, "alice", ScramMechanism.Sha512, "new"));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("alice:")]
    [InlineData(":secret")]
    [InlineData("alice:SCRAM-SHA-256$4096:AAAA$AAAA:AAAA")]
    [InlineData("alice:SCRAM-SHA-256$1:AAAA")]
    public async Task A_line_that_is_none_is_named(string line)
    {
        await System.IO.File.WriteAllLinesAsync(File, ["bob:secret", line]);

        Assert.Contains("line 2", UsersFile.FindMistake(File), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_looks_like_somebody_and_the_same_each_time()
    {
        await System.IO.File.WriteAllTextAsync(File, "");
        var real = ScramKeys.CreateCredential("alice", ScramMechanism.Sha256, "secret", new byte[40], 9_000);
        await Cluster.Security.AlterCredentialsAsync("alice", [new(ScramMechanism.Sha256, real)], default);

        var first = await Open().FindAsync("nobody", ScramMechanism.Sha256, default);
        await RestartAsync();
        var second = await Open().FindAsync("nobody", ScramMechanism.Sha256, default);

        Assert.Equal((9_000, 40), (first.Iterations, first.Salt.Length));
        Assert.Equal(first.Salt, second.Salt);
        var ofAny = await Open().FindAsync("nobody", ScramMechanism.Unknown, default);
        Assert.Equal(ScramMechanism.Sha256, ofAny.Mechanism);
    }

    private Users Open() => new(Cluster, new UsersFile(File, NullLogger<UsersFile>.Instance));

    private static async Task<bool> LogsInAsync(Users users, string user, ScramMechanism mechanism, string password)
        => ScramKeys.Fits(await users.FindAsync(user, mechanism, default), password);

    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes);
}
