using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace OrleansStream.TestKit.Clients;

/// <summary>What some tests need and not every machine has: a program, by its Debian package, or a system.</summary>
public static class Prerequisite
{
    private static readonly ConcurrentDictionary<string, string?> s_reasons = new();

    // A Python from elsewhere does not see what the distribution's packages installed.
    private static readonly Lazy<string?> s_python = new(() =>
        new[] { "python3", "/usr/bin/python3" }
            .FirstOrDefault(python => Succeeds(python, "-c", "import confluent_kafka")));

    private static readonly string s_nodeClients =
        Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/node");

    /// <summary>The Python that has the Kafka client. Only for tests that need python3-confluent-kafka.</summary>
    public static string Python => s_python.Value ?? throw new InvalidOperationException("No Python has the client.");

    /// <summary>Why tests that need it cannot run here; null when they can.</summary>
    /// <exception cref="ArgumentException">Nobody said how to find it.</exception>
    public static string? WhyMissing(string prerequisite) => s_reasons.GetOrAdd(prerequisite, Look);

    private static string? Look(string prerequisite) => prerequisite switch
    {
        "kcat" => Succeeds("kcat", "-V") ? null : "kcat is not installed.",
        "python3-confluent-kafka" => s_python.Value is null ? "python3-confluent-kafka is not installed." : null,
        "kafkajs" => Succeeds("node", "-e", $"require('{s_nodeClients}/node_modules/kafkajs')")
            ? null
            : $"kafkajs is not installed: npm ci --prefix {s_nodeClients}",
        "azurite" => !Succeeds("node", "--version") ? "Node.js is not installed."
            : File.Exists(AzuriteProcess.Script) ? null
            : "azurite is not installed: npm ci --prefix tests/AzureStorage.Tests/Azurite",
        "strace" => !Succeeds("strace", "-V") ? "strace is not installed."
            : !MayAttach() ? "strace may not attach to processes here."
            : null,
        "linux" => OperatingSystem.IsLinux() ? null : "This is not Linux.",
        _ => throw new ArgumentException($"Nobody said how to find {prerequisite}.", nameof(prerequisite)),
    };

    // A container or a hardened kernel may forbid it. The tracer leaves when what it follows ends.
    private static bool MayAttach()
    {
        using var followed = Process.Start("sleep", "1");
        return Succeeds("strace", "-o", "/dev/null", "-p", $"{followed.Id}");
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
