using System.Net;
using System.Runtime.CompilerServices;
using OrleansStream.Client;

namespace OrleansStream.Cli.Diagnosis;

/// <summary>Whether a server can be reached where it says it is, speaks the versions needed, and has room.</summary>
internal sealed class NodeExamination(Session session, Admin admin, NodeInfo node)
{
    private const double LittleRoom = 0.1;
    private const double AlmostNoRoom = 0.02;

    private readonly string _subject = $"node {node.Id}";
    private readonly string _address = $"{node.Host}:{node.Port}";

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var versions = await FindVersionsAsync(cancellationToken);
        yield return versions;
        if (versions.Verdict == Verdict.Broken)
        {
            yield break;
        }

        foreach (var finding in await FindStorageAsync(cancellationToken))
        {
            yield return finding;
        }
    }

    // The classic mistake: the first server answers, and names an address that only it can reach.
    private async Task<Finding> FindVersionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var missing = await admin.Nodes.FindMissingApisAsync(node.Id, cancellationToken);
            if (IsLocal(node.Host) && !session.Options.BootstrapServers.Split(',').Any(IsLocalAddress))
            {
                return new(_subject, Verdict.Warning,
                    $"It says it is at {_address}, which is every client's own machine; set its advertised address.");
            }

            return missing.Count == 0
                ? new(_subject, Verdict.Ok, $"{_address} answers, and speaks all versions this program needs.")
                : new(_subject, Verdict.Warning,
                    $"{_address} does not speak {string.Join(", ", missing)}; verbs that need it will fail.");
        }
        catch (StreamException e)
        {
            return new(_subject, Verdict.Broken,
                $"It says it is at {_address} and cannot be reached there ({e.Message.TrimEnd('.')}); "
                + "set its advertised address to one that clients can reach.");
        }
    }

    private async Task<IReadOnlyList<Finding>> FindStorageAsync(CancellationToken cancellationToken)
    {
        try
        {
            var places = await admin.Nodes.DescribeStorageAsync(node.Id, cancellationToken);
            return [.. places.Select(JudgeStorage)];
        }
        catch (StreamException e)
        {
            return [new("disk", Verdict.Unknown, $"{_address} does not tell about its storage: {e.Message}")];
        }
    }

    private static Finding JudgeStorage(StorageInfo place)
    {
        if (!place.IsUsable)
        {
            return new("disk", Verdict.Broken, $"{place.Path} failed; the server's log says why.");
        }

        var used = $"{place.Path} holds {Megabytes(place.UsedBytes)} MB of records";
        if (place.TotalBytes <= 0 || place.FreeBytes < 0)
        {
            return new("disk", Verdict.Unknown, $"{used}; how much room is left the server does not tell.");
        }

        var free = (double)place.FreeBytes / place.TotalBytes;
        var sentence = FormattableString.Invariant(
            $"{used}, and {Megabytes(place.FreeBytes)} MB ({free:P0}) are free");
        return free switch
        {
            < AlmostNoRoom => new("disk", Verdict.Broken, $"{sentence}: make room now, or writes will fail."),
            < LittleRoom => new("disk", Verdict.Warning, $"{sentence}: make room, or shorten a retention."),
            _ => new("disk", Verdict.Ok, $"{sentence}."),
        };
    }

    private static long Megabytes(long bytes) => bytes / 1_000_000;

    private static bool IsLocalAddress(string address)
    {
        var colon = address.LastIndexOf(':');
        return IsLocal((colon > address.LastIndexOf(']') ? address[..colon] : address).Trim(' ', '[', ']'));
    }

    private static bool IsLocal(string host)
        => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
