using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>A consumer of a real client in a process of its own: <c>python/consume_group.py</c>.</summary>
internal sealed class GroupMember : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;

    private GroupMember(ChildProcess process) => _process = process;

    /// <summary>What happened so far; without what librdkafka logs, which begins with no time.</summary>
    public string[] Lines
        => [.. _process.Output.Split('\n').Where(line => line.Length > 0 && char.IsAsciiDigit(line[0]))];

    public static GroupMember Start(
        string address, string group, string topic, string assignor, TimeSpan sessionTimeout, string? instanceId = null)
    {
        string[] arguments =
        [
            Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python/consume_group.py"),
            address, group, topic, assignor, $"{sessionTimeout.TotalMilliseconds}",
            .. instanceId is null ? Array.Empty<string>() : [instanceId],
        ];
        return new GroupMember(ChildProcess.Start(Prerequisite.Python, arguments));
    }

    /// <summary>Waits until it owns so many partitions, and says which.</summary>
    public async Task<string> OwnsAsync(int count)
    {
        while (true)
        {
            var line = await _process.WaitForLineAsync(" owns ", s_patience);
            var partitions = line.Split(' ')[2];
            if (partitions.Split(',', StringSplitOptions.RemoveEmptyEntries).Length == count)
            {
                return partitions;
            }
        }
    }

    /// <summary>Has it leave the group and end.</summary>
    public async Task LeaveAsync()
    {
        _process.Terminate();
        Assert.Equal(0, await _process.WaitForExitAsync(s_patience));
    }

    /// <summary>Ends it at once (SIGKILL), so that the group hears nothing of it.</summary>
    public async Task KillAsync()
    {
        await _process.KillAsync();
        await _process.WaitForExitAsync(s_patience);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
