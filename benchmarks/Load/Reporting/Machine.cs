using System.ComponentModel;
using System.Runtime.InteropServices;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Load.Reporting;

/// <summary>Where and with what figures were measured.</summary>
/// <param name="Commit">With a plus behind it when files were changed since; "unknown" without git.</param>
internal sealed record Machine(string Commit, int Processors, string System, string Runtime, DateTimeOffset Time)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    public static async Task<Machine> DescribeAsync()
        => new(
            await FindCommitAsync(),
            Environment.ProcessorCount,
            $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
            RuntimeInformation.FrameworkDescription,
            TimeProvider.System.GetUtcNow());

    public override string ToString()
        => $"commit {Commit}, {Processors} processors, {System}, {Runtime}, {Time:yyyy-MM-dd HH:mm} UTC";

    private static async Task<string> FindCommitAsync()
    {
        try
        {
            var commit = await GitAsync("rev-parse", "--short", "HEAD");
            var changes = await GitAsync("status", "--porcelain");
            return commit[0] + (changes.Length == 0 ? "" : "+");
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return "unknown";
        }
    }

    private static Task<string[]> GitAsync(params string[] arguments)
        => ChildProcess.RunAsync(s_timeout, "git", ["-C", RepositoryRoot.Path, .. arguments]);
}
