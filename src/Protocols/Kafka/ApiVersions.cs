namespace OrleansStream.Protocols.Kafka;

/// <summary>Which versions of an API are spoken.</summary>
/// <param name="FirstFlexible">
/// From here on lengths are compact and structures end with tagged fields; above <paramref name="Max"/> when never.
/// </param>
/// <param name="AdvertisedMin">The least version listed; what is below <paramref name="Min"/> is only refused.</param>
public readonly record struct ApiSupport(ApiKey Key, short Min, short Max, short FirstFlexible, short AdvertisedMin)
{
    public bool IsFlexible(int version) => version >= FirstFlexible;

    public bool Includes(int version) => version >= Min && version <= Max;
}

/// <summary>The one table of the APIs and versions that are spoken.</summary>
/// <remarks>
/// The lower bounds are those of Kafka 4.0, so every client that works with it finds a version here. Produce is listed
/// from 0 because librdkafka takes its absence for a broker without compression, and then sends uncompressed; so is
/// SaslHandshake, without whose version 0 it does not log in.
/// </remarks>
public static class ApiVersions
{
    private static readonly ApiSupport[] s_all =
    [
        new(ApiKey.Produce, Min: 3, Max: 11, FirstFlexible: 9, AdvertisedMin: 0),
        Row(ApiKey.Fetch, min: 4, max: 17, firstFlexible: 12),
        Row(ApiKey.ListOffsets, min: 1, max: 10, firstFlexible: 6),
        Row(ApiKey.Metadata, min: 0, max: 12, firstFlexible: 9),
        Row(ApiKey.OffsetCommit, min: 2, max: 9, firstFlexible: 8),
        Row(ApiKey.OffsetFetch, min: 1, max: 9, firstFlexible: 6),
        Row(ApiKey.FindCoordinator, min: 0, max: 6, firstFlexible: 3),
        Row(ApiKey.JoinGroup, min: 0, max: 9, firstFlexible: 6),
        Row(ApiKey.Heartbeat, min: 0, max: 4, firstFlexible: 4),
        Row(ApiKey.LeaveGroup, min: 0, max: 5, firstFlexible: 4),
        Row(ApiKey.SyncGroup, min: 0, max: 5, firstFlexible: 4),
        Row(ApiKey.DescribeGroups, min: 0, max: 6, firstFlexible: 5),
        Row(ApiKey.ListGroups, min: 0, max: 5, firstFlexible: 3),
        new(ApiKey.SaslHandshake, Min: 1, Max: 1, FirstFlexible: 2, AdvertisedMin: 0),
        Row(ApiKey.ApiVersions, min: 0, max: 4, firstFlexible: 3),
        Row(ApiKey.CreateTopics, min: 2, max: 7, firstFlexible: 5),
        Row(ApiKey.DeleteTopics, min: 1, max: 6, firstFlexible: 4),
        Row(ApiKey.DeleteRecords, min: 0, max: 2, firstFlexible: 2),
        Row(ApiKey.InitProducerId, min: 0, max: 5, firstFlexible: 2),
        Row(ApiKey.OffsetForLeaderEpoch, min: 2, max: 4, firstFlexible: 4),
        Row(ApiKey.DescribeAcls, min: 1, max: 3, firstFlexible: 2),
        Row(ApiKey.CreateAcls, min: 1, max: 3, firstFlexible: 2),
        Row(ApiKey.DeleteAcls, min: 1, max: 3, firstFlexible: 2),
        Row(ApiKey.DescribeConfigs, min: 1, max: 4, firstFlexible: 4),
        Row(ApiKey.AlterConfigs, min: 0, max: 2, firstFlexible: 2),
        Row(ApiKey.DescribeLogDirs, min: 1, max: 4, firstFlexible: 2),
        Row(ApiKey.SaslAuthenticate, min: 0, max: 2, firstFlexible: 2),
        Row(ApiKey.CreatePartitions, min: 0, max: 3, firstFlexible: 2),
        Row(ApiKey.DeleteGroups, min: 0, max: 2, firstFlexible: 2),
        Row(ApiKey.ElectLeaders, min: 0, max: 2, firstFlexible: 2),
        Row(ApiKey.IncrementalAlterConfigs, min: 0, max: 1, firstFlexible: 1),
        Row(ApiKey.AlterPartitionReassignments, min: 0, max: 1, firstFlexible: 0),
        Row(ApiKey.ListPartitionReassignments, min: 0, max: 0, firstFlexible: 0),
        Row(ApiKey.OffsetDelete, min: 0, max: 0, firstFlexible: 1),
        Row(ApiKey.DescribeClientQuotas, min: 0, max: 1, firstFlexible: 1),
        Row(ApiKey.AlterClientQuotas, min: 0, max: 1, firstFlexible: 1),
        Row(ApiKey.DescribeUserScramCredentials, min: 0, max: 0, firstFlexible: 0),
        Row(ApiKey.AlterUserScramCredentials, min: 0, max: 0, firstFlexible: 0),
        Row(ApiKey.DescribeCluster, min: 0, max: 2, firstFlexible: 0),
        Row(ApiKey.DescribeTopicPartitions, min: 0, max: 0, firstFlexible: 0),
    ];

    /// <summary>Every API, in the order of the keys.</summary>
    public static IReadOnlyList<ApiSupport> All => s_all;

    /// <summary>Null for an API that is not spoken.</summary>
    public static ApiSupport? Find(ApiKey key)
    {
        foreach (var support in s_all)
        {
            if (support.Key == key)
            {
                return support;
            }
        }

        return null;
    }

    /// <exception cref="ArgumentOutOfRangeException">The API is not spoken.</exception>
    public static ApiSupport Get(ApiKey key)
        => Find(key) ?? throw new ArgumentOutOfRangeException(nameof(key), key, "Not in the table of APIs.");

    private static ApiSupport Row(ApiKey key, short min, short max, short firstFlexible)
        => new(key, min, max, firstFlexible, min);
}
