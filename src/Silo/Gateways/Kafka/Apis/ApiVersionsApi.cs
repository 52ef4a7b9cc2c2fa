using System.Text.RegularExpressions;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Tells clients what is spoken here, and remembers what they say of themselves.</summary>
internal static partial class ApiVersionsApi
{
    private static readonly ApiVersionsResponse s_versions = new(
        ErrorCode.None,
        [.. ApiVersions.All.Select(support => new ApiVersionRange(support.Key, support.AdvertisedMin, support.Max))]);

    public static ApiVersionsResponse Answer(ApiVersionsRequest request, in KafkaCall call)
    {
        if (call.Version < 3)
        {
            return s_versions;
        }

        if (!SoftwareName.IsMatch(request.ClientSoftwareName) || !SoftwareName.IsMatch(request.ClientSoftwareVersion))
        {
            return new ApiVersionsResponse(ErrorCode.InvalidRequest, []);
        }

        call.Client.SoftwareName = request.ClientSoftwareName;
        call.Client.SoftwareVersion = request.ClientSoftwareVersion;
        return s_versions;
    }

    /// <summary>The answer to a version not spoken, to be sent in version 0: the client then asks again.</summary>
    public static ApiVersionsResponse RefuseVersion()
    {
        var support = ApiVersions.Get(ApiKey.ApiVersions);
        return new ApiVersionsResponse(
            ErrorCode.UnsupportedVersion, [new ApiVersionRange(support.Key, support.Min, support.Max)]);
    }

    /// <summary>What Kafka accepts, so that names can go into logs and metrics as they are.</summary>
    [GeneratedRegex(@"\A[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z")]
    private static partial Regex SoftwareName { get; }
}
