using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Connections;

/// <summary>Which version of each API one server and this library both speak.</summary>
internal sealed class NegotiatedVersions
{
    /// <summary>What is asked for before anything is known; every server since Kafka 2.0 answers it.</summary>
    private const short ApiVersionsVersion = 2;

    /// <summary>From 13 on topics are named by their ids, which a group's assignments do not have.</summary>
    private const short LastFetchByName = 12;

    private readonly Dictionary<ApiKey, short> _chosen = [];

    private NegotiatedVersions() => _chosen[ApiKey.ApiVersions] = ApiVersionsVersion;

    public NegotiatedVersions(IEnumerable<ApiVersionRange> served)
        : this()
    {
        foreach (var range in served)
        {
            if (ApiVersions.Find(range.Key) is not { } spoken || range.Key == ApiKey.ApiVersions)
            {
                continue;
            }

            var max = Math.Min(range.Max, range.Key == ApiKey.Fetch ? LastFetchByName : spoken.Max);
            if (max >= Math.Max(range.Min, spoken.Min))
            {
                _chosen[range.Key] = max;
            }
        }
    }

    /// <summary>Before the server was asked.</summary>
    public static NegotiatedVersions Unknown { get; } = new();

    /// <exception cref="StreamException">There is no common version.</exception>
    public short Choose(ApiKey key)
        => _chosen.TryGetValue(key, out var version)
            ? version
            : throw new StreamException(
                ErrorCode.UnsupportedVersion, $"The server speaks no version of {key} that this client does.");
}
