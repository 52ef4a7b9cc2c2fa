using System.Net;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Knows the address under which clients reach a node.</summary>
internal sealed class NodeAddress(IOptions<KafkaGatewayOptions> options)
{
    private readonly KafkaGatewayOptions _options = options.Value;

    /// <summary>
    /// The address a node announces; for this node what is configured, else the address that very client reached us by.
    /// </summary>
    public (string Host, int Port) Of(ClusterNode node, KafkaClient client)
    {
        if (node.Host is not null)
        {
            return (node.Host, node.Port);
        }

        var local = client.Local as IPEndPoint;
        return (_options.AdvertisedHost ?? HostOf(local), _options.AdvertisedPort ?? local?.Port ?? _options.Port);
    }

    // A socket that listens for both protocols shows IPv4 clients as mapped addresses, which they cannot connect to.
    private static string HostOf(IPEndPoint? local)
        => local is null ? "localhost"
            : local.Address.IsIPv4MappedToIPv6 ? local.Address.MapToIPv4().ToString()
            : local.Address.ToString();
}
