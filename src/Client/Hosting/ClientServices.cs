using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;

namespace OrleansStream.Client.Hosting;

/// <summary>Makes clients available to a program that is put together by dependency injection.</summary>
public static class ClientServices
{
    /// <summary>The section that the options are bound from, unless another is given.</summary>
    public const string DefaultSection = "OrleansStream";

    /// <summary>
    /// Adds a <see cref="StreamClient"/>, and one <see cref="Producer"/> and one <see cref="Admin"/> for all who ask;
    /// every <see cref="Consumer"/> is a new one. Options come from the sections <c>Client</c>, <c>Producer</c> and
    /// <c>Consumer</c> and are checked when the program starts. Where an <see cref="ICluster"/> is registered, the
    /// client uses it and no connections.
    /// </summary>
    public static IServiceCollection AddOrleansStreamClient(
        this IServiceCollection services, IConfiguration configuration, string section = DefaultSection)
    {
        var root = configuration.GetSection(section);
        services.AddOptions<StreamClientOptions>().Bind(root.GetSection("Client")).ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddOptions<ProducerOptions>().Bind(root.GetSection("Producer")).ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddOptions<ConsumerOptions>().Bind(root.GetSection("Consumer")).ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton(CreateClient);
        services.AddSingleton(
            provider => provider.GetRequiredService<StreamClient>().CreateProducer(Options<ProducerOptions>(provider)));
        services.AddSingleton(provider => provider.GetRequiredService<StreamClient>().CreateAdmin());
        services.AddTransient(
            provider => provider.GetRequiredService<StreamClient>().CreateConsumer(Options<ConsumerOptions>(provider)));
        return services;
    }

    private static StreamClient CreateClient(IServiceProvider provider)
    {
        var options = Options<StreamClientOptions>(provider);
        var loggers = provider.GetService<ILoggerFactory>();
        var time = provider.GetService<TimeProvider>();
        return provider.GetService<ICluster>() is { } cluster
            ? StreamClient.Over(cluster, options, loggers, time)
            : StreamClient.Connect(options, loggers, time);
    }

    private static T Options<T>(IServiceProvider provider)
        where T : class
        => provider.GetRequiredService<IOptions<T>>().Value;
}
