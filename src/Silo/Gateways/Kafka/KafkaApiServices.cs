using Microsoft.Extensions.Options;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Registers what answers Kafka requests; cluster, disk, clock and options come from the host.</summary>
internal static class KafkaApiServices
{
    public static IServiceCollection AddKafkaApis(this IServiceCollection services)
        => services
            .AddSingleton<NodeAddress>()
            .AddSingleton<BrokerConfigs>()
            .AddSingleton<KafkaQuotas>()
            .AddSingleton<QuotasApi>()
            .AddSingleton<ProduceApi>()
            .AddSingleton<FetchApi>()
            .AddSingleton<OffsetsApi>()
            .AddSingleton<MetadataApi>()
            .AddSingleton<ClusterApi>()
            .AddSingleton<TopicsApi>()
            .AddSingleton<ConfigsApi>()
            .AddSingleton<GroupsApi>()
            .AddSingleton<GroupOffsetsApi>()
            .AddSingleton<GroupAdminApi>()
            .AddSingleton<LogDirsApi>()
            .AddSingleton<ReplicasApi>()
            .AddSingleton<TopicPartitionsApi>()
            .AddSingleton<GroupApis>()
            .AddSingleton<AdminApis>()
            .AddSingleton<FetchSessionCache>()
            .AddSingleton<SaslApi>()
            .AddSingleton<AclsApi>()
            .AddSingleton<CredentialsApi>()
            .AddSingleton<SecurityApis>()
            .AddSingleton<RecordApis>()
            .AddSingleton<AuditLog>()
            .AddSingleton<AccessControl>()
            .AddSingleton<Users>()
            .AddSingleton(services => new UsersFile(
                services.GetRequiredService<IOptions<SecurityOptions>>().Value.UsersFile,
                services.GetRequiredService<ILogger<UsersFile>>()))
            .AddSingleton<TlsServer>()
            .AddSingleton<KafkaRoutes>()
            .AddSingleton<IKafkaRequestRouter, KafkaRequestRouter>();
}
