using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Http;

namespace OrleansStream.Silo.Hosting;

/// <summary>Puts the silo together: settings, logging, the web server, the engine and the gateways.</summary>
internal static class SiloApplication
{
    /// <param name="commandLine">Settings that outrank those of file and environment.</param>
    /// <exception cref="OptionsValidationException">A setting makes no sense, or does not exist.</exception>
    /// <exception cref="InvalidOperationException">A setting cannot be read.</exception>
    public static WebApplication Build(IReadOnlyDictionary<string, string?> commandLine)
    {
        // Empty, so that nothing is configured from places that --help does not name.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(ReadSettings(commandLine));
        AddLogging(builder);
        AddWebServer(builder);
        Settings.AddTo(builder.Services);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<SiloStorage>();
        builder.Services.AddSingleton<SiloStatus>().AddSingleton<SiloRun>();
        AddCluster(builder);
        AddGateways(builder.Services);

        var application = builder.Build();
        application.Services.GetRequiredService<IStartupValidator>().Validate();
        StatusEndpoints.Map(application);
        return application;
    }

    private static IConfiguration ReadSettings(IReadOnlyDictionary<string, string?> commandLine)
    {
        var settings = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
            .AddEnvironmentVariables(Settings.EnvironmentPrefix)
            .AddInMemoryCollection(commandLine)
            .Build();
        var keys =
            from pair in settings.AsEnumerable()
            where pair.Value is not null && !pair.Key.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase)
            select pair.Key;
        return Settings.FindUnknown(keys) is { } mistake
            ? throw new OptionsValidationException("", typeof(Settings), [mistake])
            : settings;
    }

    private static void AddLogging(WebApplicationBuilder builder)
        => builder.Logging
            .AddConfiguration(builder.Configuration.GetSection("Logging"))
            .AddSimpleConsole();

    private static void AddWebServer(WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelCore();

        // Requests over HTTP are short, and those in flight must not hold up the end of the process.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPool.Factory>();
        builder.Services
            .AddOptions<KestrelServerOptions>()
            .Configure<IOptions<SiloOptions>, IOptions<HttpOptions>>((server, silo, http) =>
            {
                server.AddServerHeader = false;
                server.Limits.MaxConcurrentConnections = http.Value.MaxConnections;
                server.Listen(silo.Value.BindAddress, http.Value.Port);
            });
        builder.Services.Configure<SocketTransportOptions>(transport =>
        {
            transport.NoDelay = true;

            // How far the kernel may run ahead of us and we ahead of it: enough to overlap copying with sending. What
            // is read ahead is held by each connection, also by one that has to wait for memory.
            transport.MaxReadBufferSize = 2 * BlockPool.BlockBytes;
            transport.MaxWriteBufferSize = 512 * 1_024;
        });
    }

    private static void AddCluster(WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Silo").Get<SiloOptions>() ?? new SiloOptions();
        if (options.Engine == EngineKind.Orleans)
        {
            OrleansHost.AddTo(builder);
        }
        else
        {
            builder.Services.AddSingleton<IClusterHost, EmbeddedHost>();
        }
    }

    private static void AddGateways(IServiceCollection services)
        => services
            .AddMetrics()
            .AddSingleton<GatewayMetrics>()
            .AddSingleton<GatewayConnections>()
            .AddSingleton<KafkaGateway>()
            .AddSingleton<ICluster, HostedCluster>()
            .AddKafkaApis()
            .AddSingleton(services => FindVolume(services.GetRequiredService<IOptions<SiloOptions>>().Value));

    private static StorageVolume FindVolume(SiloOptions options)
        => new(options.StorageLocation is { Kind: StorageKind.Local } local ? local.Place : null);
}
