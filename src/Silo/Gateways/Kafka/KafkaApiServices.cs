namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Registers what answers Kafka requests; the cluster, the clock and the gateway's options come from the host.</summary>
internal static class KafkaApiServices
{
    public static IServiceCollection AddKafkaApis(this IServiceCollection services)
    {
        services.AddOptions<KafkaApiOptions>()
            .BindConfiguration("Gateways:Kafka:Apis")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services
            .AddSingleton<NodeAddress>()
            .AddSingleton<BrokerConfigs>()
            .AddSingleton<ProduceApi>()
            .AddSingleton<FetchApi>()
            .AddSingleton<OffsetsApi>()
            .AddSingleton<MetadataApi>()
            .AddSingleton<ClusterApi>()
            .AddSingleton<TopicsApi>()
            .AddSingleton<ConfigsApi>()
            .AddSingleton<IKafkaRequestRouter, KafkaRequestRouter>();
    }
}
