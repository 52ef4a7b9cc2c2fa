using System.Buffers;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>Asks the router as a connection would, with encoded requests, and decodes its replies.</summary>
internal sealed class RouterHarness
{
    private readonly KafkaRequestRouter _router;
    private int _correlationId;

    public RouterHarness(
        ICluster cluster,
        KafkaApiOptions? apiOptions = null,
        KafkaGatewayOptions? gatewayOptions = null,
        TimeProvider? clock = null,
        KafkaQuotaOptions? quotaOptions = null,
        SecurityOptions? securityOptions = null,
        ILoggerFactory? loggers = null)
    {
        var security = Options.Create(securityOptions ?? new SecurityOptions());
        var access = new AccessControl(cluster, security);
        var audit = new AuditLog(loggers ?? NullLoggerFactory.Instance);
        var users = new Users(cluster, new UsersFile(security.Value.UsersFile, NullLogger<UsersFile>.Instance));
        var time = clock ?? TimeProvider.System;
        var apis = Options.Create(apiOptions ?? new KafkaApiOptions());
        var gateway = Options.Create(gatewayOptions ?? new KafkaGatewayOptions());
        var addresses = new NodeAddress(gateway);
        var quotas = new KafkaQuotas(
            cluster,
            Options.Create(quotaOptions ?? new KafkaQuotaOptions()),
            new GatewayMetrics(new TestMeters()),
            time,
            NullLogger<KafkaQuotas>.Instance);
        _router = new KafkaRequestRouter(new KafkaRoutes(
            new RecordApis(
                new ProduceApi(cluster, access, quotas, apis),
                new FetchApi(cluster, access, new FetchSessionCache(time, apis), quotas, time, apis),
                new OffsetsApi(cluster, access, audit)),
            new MetadataApi(cluster, addresses, access, audit, apis),
            new ClusterApi(cluster, addresses, access),
            new GroupApis(
                new GroupsApi(cluster, access),
                new GroupOffsetsApi(cluster, access, audit),
                new GroupAdminApi(cluster, access, audit)),
            new AdminApis(
                new TopicsApi(cluster, access, audit),
                new TopicPartitionsApi(cluster, access),
                new ConfigsApi(cluster, new BrokerConfigs(gateway, apis), access, audit),
                new LogDirsApi(cluster, access, new StorageVolume(Path.GetTempPath())),
                new ReplicasApi(cluster, access),
                new QuotasApi(cluster, quotas, access, audit)),
            new SecurityApis(
                new SaslApi(users, security, time),
                new AclsApi(cluster, access, audit),
                new CredentialsApi(cluster, access, audit))));
        Client = new KafkaClient(
            "test",
            new IPEndPoint(IPAddress.Loopback, 50_000),
            new IPEndPoint(IPAddress.Parse("::ffff:10.1.2.3"), 9_093),
            security.Value.UsesSasl);
    }

    public KafkaClient Client { get; }

    /// <summary>Sends a request in the newest version, or in the one given, and waits for its response.</summary>
    public async Task<TResponse> AskAsync<TRequest, TResponse>(
        IKafkaRequest<TRequest, TResponse> request, int? version = null, CancellationToken closed = default)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        var spoken = version ?? ApiVersions.Get(TRequest.ApiKey).Max;
        using var reply = await StartAsync(request, spoken, closed);
        return Decode<TResponse>(reply, TRequest.ApiKey, spoken);
    }

    /// <summary>Sends a request and returns what the router does.</summary>
    public Task<KafkaReply> StartAsync<TRequest, TResponse>(
        IKafkaRequest<TRequest, TResponse> request, int version, CancellationToken closed = default)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        using var writer = new KafkaWriter();
        new RequestHeader(TRequest.ApiKey, (short)version, ++_correlationId, "tester").Write(writer);
        writer.WriteStruct((TRequest)request, version);
        var output = new ArrayBufferWriter<byte>();
        writer.WriteFrameTo(output);
        return StartAsync(output.WrittenSpan[KafkaFrame.LengthPrefixBytes..], closed);
    }

    /// <summary>Sends the bytes of a request.</summary>
    public Task<KafkaReply> StartAsync(ReadOnlySpan<byte> request, CancellationToken closed = default)
    {
        var frame = PooledBuffer.Rent(request.Length);
        request.CopyTo(frame.Span);
        return _router.StartAsync(frame, Client, closed);
    }

    /// <summary>Reads a response and checks that the frame is well formed and all of it was used.</summary>
    public static TResponse Decode<TResponse>(KafkaReply reply, ApiKey key, int version)
        where TResponse : IKafkaStruct<TResponse>
    {
        byte[] bytes = [.. reply.Head.Span, .. reply.Rest.SelectMany(piece => piece.ToArray())];
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.True(KafkaFrame.TryRead(ref buffer, bytes.Length, out var frame));
        Assert.True(buffer.IsEmpty);

        var reader = new KafkaReader(frame.ToArray());
        ResponseHeader.Read(ref reader, key, version);
        var response = reader.ReadStruct<TResponse>(version);
        Assert.Equal(0, reader.RemainingBytes);
        return response;
    }
}
