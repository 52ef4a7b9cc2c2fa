using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Reads each request and hands it to what answers its API.</summary>
/// <remarks>
/// A request in a version that is not spoken ends the connection, as in Kafka: client and server would read different
/// bytes. Two are answered all the same: ApiVersions, by which the client finds out, and Produce, because the versions
/// refused are listed.
/// </remarks>
internal sealed class KafkaRequestRouter(KafkaRoutes routes) : IKafkaRequestRouter
{
    // Ten times the partitions that a client of a large cluster asks about at once. Many more elements fit into a frame
    // than into the memory that reading and answering them takes.
    private const int MaxElements = 100_000;

    public Task<KafkaReply> StartAsync(PooledBuffer frame, KafkaClient client, CancellationToken closed)
    {
        try
        {
            var reader = new KafkaReader(frame.Memory) { MaxElements = MaxElements };
            var header = RequestHeader.Read(ref reader);
            CheckVersion(header);
            CheckAdmission(header, client);
            client.ClientId = header.ClientId ?? client.ClientId;
            return routes.StartAsync(ref reader, frame, new KafkaCall(header, client, closed));
        }
        catch (ProtocolException e)
        {
            frame.Dispose();
            return Task.FromException<KafkaReply>(e);
        }
    }

    // A stranger may find out what is spoken here, and log in.
    private static void CheckAdmission(in RequestHeader header, KafkaClient client)
    {
        var isAdmitted = client.IsAdmitted
            || (client.Sasl.Stage is SaslStage.Mechanism or SaslStage.Token
                && header.ApiKey is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate);
        if (!isAdmitted)
        {
            throw new ProtocolException($"{header.ApiKey} was sent without logging in.");
        }
    }

    private static void CheckVersion(in RequestHeader header)
    {
        var support = ApiVersions.Get(header.ApiKey);
        var answered = header.ApiKey == ApiKey.ApiVersions
            || (header.ApiVersion >= support.AdvertisedMin && header.ApiVersion <= support.Max);
        if (!answered)
        {
            throw new ProtocolException($"{header.ApiKey} is not spoken in version {header.ApiVersion}.");
        }
    }
}
