using Microsoft.Extensions.Options;
using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What a quota limits.</summary>
internal enum QuotaKind
{
    Produce,
    Fetch,
}

/// <summary>
/// Holds clients to their quotas: charges what they send and get, and says how long each has to wait.
/// </summary>
/// <remarks>
/// Works on a copy of the cluster's quotas that one loop renews, so that charging never waits. Thread-safe. Where there
/// is no quota nothing is charged or remembered.
/// </remarks>
internal sealed partial class KafkaQuotas : IAsyncDisposable
{
    private readonly ICluster _cluster;
    private readonly KafkaQuotaOptions _options;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<KafkaQuotas> _logger;
    private readonly Limit _produce;
    private readonly Limit _fetch;
    private readonly CancellationTokenSource _stopping = new();
    private Task _refreshing = Task.CompletedTask;

    public KafkaQuotas(
        ICluster cluster,
        IOptions<KafkaQuotaOptions> options,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<KafkaQuotas> logger)
    {
        _cluster = cluster;
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _produce = new Limit(QuotaNames.ProduceByteRate, _options.ProduceByteRate, _options, time);
        _fetch = new Limit(QuotaNames.FetchByteRate, _options.FetchByteRate, _options, time);
    }

    /// <summary>Reads the quotas, and again and again from now on. Called once, before clients are served.</summary>
    public async Task OpenAsync()
    {
        await RefreshAsync();
        _refreshing = RefreshAgainAsync();
    }

    /// <summary>Reads the quotas now: somebody has changed them here.</summary>
    public async Task RefreshAsync()
    {
        try
        {
            var quotas = await _cluster.Quotas.ListAsync(_stopping.Token);
            _produce.Table = new QuotaTable(quotas, _produce.Name, _options.ProduceByteRate);
            _fetch.Table = new QuotaTable(quotas, _fetch.Name, _options.FetchByteRate);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogRefreshFailed(e);
        }
    }

    /// <summary>Charges a client for bytes, also for those it had no more quota for.</summary>
    /// <returns>How many milliseconds it has to send nothing more; until then nothing more is read from it.</returns>
    public int Charge(QuotaKind kind, KafkaClient client, long bytes)
    {
        var limit = Of(kind);
        if (limit.Find(client) is not { } shared)
        {
            return 0;
        }

        var wait = limit.Use[shared.Holder].Use(bytes, shared.Rate);
        if (wait == TimeSpan.Zero)
        {
            return 0;
        }

        client.Throttle(_time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency));
        _metrics.Throttled(limit.Name, wait);
        return (int)Math.Ceiling(wait.TotalMilliseconds);
    }

    /// <summary>The most bytes a client may be given at once, so that it need not wait too long for them.</summary>
    public int CutFetch(KafkaClient client, int bytes)
        => _fetch.Find(client) is { } shared
            ? (int)Math.Min(bytes, Math.Ceiling(shared.Rate * _options.Burst.TotalSeconds))
            : bytes;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private Limit Of(QuotaKind kind) => kind == QuotaKind.Produce ? _produce : _fetch;

    private async Task RefreshAgainAsync()
    {
        using var timer = new PeriodicTimer(_options.RefreshInterval, _time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            await RefreshAsync();
        }
    }

    [LoggerMessage(4050, LogLevel.Warning, "The quotas could not be read; those known before still count.")]
    private partial void LogRefreshFailed(Exception exception);

    /// <summary>One kind of quota: who has which, and what was used.</summary>
    private sealed class Limit(string name, double? defaultRate, KafkaQuotaOptions options, TimeProvider time)
    {
        private volatile QuotaTable _table = new([], name, defaultRate);

        public string Name => name;

        public QuotaTable Table
        {
            set => _table = value;
        }

        public QuotaUse Use { get; } = new(
            options.MaxTrackedClients, () => new TokenBucket(options.Burst, options.MaxThrottle, time));

        public SharedRate? Find(KafkaClient client)
            => _table is { IsEmpty: false } table ? table.Find(client.User, client.ClientId ?? "") : null;
    }
}
