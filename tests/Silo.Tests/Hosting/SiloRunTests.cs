using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Hosting;

namespace OrleansStream.Silo.Tests.Hosting;

public sealed class SiloRunTests
{
    [Theory]
    [InlineData("Gateways:Kafka:Port", "70000", "--kafka-port (Gateways:Kafka:Port)")]
    [InlineData("Silo:Bind", "here", "'here' is no IP address")]
    [InlineData("Silo:Storage", "tape:0", "--storage (Silo:Storage)")]
    [InlineData("Silo:Storage", "azure:AccountKey=c2VjcmV0", "--storage (Silo:Storage)")]
    [InlineData("Silo:Engine", "7", "--engine (Silo:Engine)")]
    [InlineData("Engine:Journal:MaxBytes", "1", "Engine:Journal:MaxBytes")]
    [InlineData("Gateways:Connections:IdleTimeout", "00:00:00", "Gateways:Connections:IdleTimeout")]
    [InlineData("Gateways:Kafka:Prot", "1", "'Gateways:Kafka:Prot'")]
    public void A_setting_that_makes_no_sense_is_named(string key, string value, string named)
    {
        var mistake = Assert.ThrowsAny<OptionsValidationException>(() => Build((key, value)));

        Assert.Contains(named, mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateways:Kafka:Port", "many")]
    [InlineData("Silo:Engine", "steam")]
    public void A_setting_that_cannot_be_read_is_named(string key, string value)
    {
        var mistake = Assert.Throws<InvalidOperationException>(() => Build((key, value)));

        Assert.Equal(Settings.NameOf(key), Settings.FindNamed(mistake.Message));
    }

    [Fact]
    public async Task A_silo_is_ready_while_it_runs_and_ends_when_it_is_asked_to()
    {
        await using var application = Build();
        var running = application.Services.GetRequiredService<SiloRun>().RunAsync(application);
        using var http = await ConnectAsync(application);

        await UntilReadyAsync(http);
        Assert.Equal("live\n", await http.GetStringAsync("/health/live"));
        Assert.Contains("\"engine\":\"embedded\"", await http.GetStringAsync("/version"), StringComparison.Ordinal);

        application.Lifetime.StopApplication();
        Assert.Equal(ExitCode.Stopped, await running.WaitAsync(Waits.Long));
    }

    [Fact]
    public async Task A_silo_that_recovers_is_alive_but_not_ready_and_can_still_be_stopped()
    {
        await using var application = Build();
        var host = new SlowHost();
        var running = CreateRun(application.Services, host).RunAsync(application);
        using var http = await ConnectAsync(application);
        await host.Opening.WaitAsync(Waits.Long);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/health/ready")).StatusCode);

        application.Lifetime.StopApplication();
        Assert.Equal(ExitCode.Stopped, await running.WaitAsync(Waits.Long));
        Assert.True(host.IsClosed);
    }

    [Fact]
    public async Task A_port_in_use_is_a_bad_option()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var application = Build(("Gateways:Kafka:Port", $"{((IPEndPoint)other.LocalEndpoint).Port}"));

        var exitCode = await application.Services.GetRequiredService<SiloRun>().RunAsync(application);

        Assert.Equal(ExitCode.BadOptions, exitCode);
    }

    [Fact]
    public async Task Storage_that_cannot_be_opened_has_an_exit_code_of_its_own()
    {
        await using var application = Build(("Silo:Storage", "local:/dev/null"));

        var exitCode = await application.Services.GetRequiredService<SiloRun>().RunAsync(application);

        Assert.Equal(ExitCode.StorageUnavailable, exitCode);
    }

    private static WebApplication Build(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Gateways:Kafka:Port"] = "0",
            ["Http:Port"] = "0",
            ["Silo:Storage"] = "memory",
            ["Logging:LogLevel:Default"] = "None",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return SiloApplication.Build(all);
    }

    private static SiloRun CreateRun(IServiceProvider services, IClusterHost host)
        => new(
            host,
            services.GetRequiredService<KafkaGateway>(),
            services.GetRequiredService<GatewayConnections>(),
            services.GetRequiredService<SiloStatus>(),
            services.GetRequiredService<IHostApplicationLifetime>(),
            TimeProvider.System,
            NullLogger<SiloRun>.Instance);

    private static async Task<HttpClient> ConnectAsync(WebApplication application)
    {
        var started = new TaskCompletionSource();
        await using var registration = application.Lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(Waits.Long, CancellationToken.None);
        return new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
    }

    private static async Task UntilReadyAsync(HttpClient http)
    {
        using var giveUp = new CancellationTokenSource(Waits.Long);
        while ((await http.GetAsync("/health/ready", giveUp.Token)).StatusCode != HttpStatusCode.OK)
        {
        }
    }

    /// <summary>Recovers until it is told to stop.</summary>
    private sealed class SlowHost : IClusterHost
    {
        private readonly TaskCompletionSource _opening = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Opening => _opening.Task;

        public bool IsClosed { get; private set; }

        public ICluster Cluster => throw new InvalidOperationException("It never opens.");

        public Task OpenAsync(CancellationToken cancellationToken)
        {
            _opening.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public Task CloseAsync()
        {
            IsClosed = true;
            return Task.CompletedTask;
        }
    }
}
