using System.Collections.Concurrent;
using System.Text;
using OrleansStream.Client.Tests.Groups;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Client.Tests;

/// <summary>
/// What happens to servers and networks, a producer and a member of a group see as delay and nothing else.
/// </summary>
public sealed class FaultTests : IAsyncLifetime, IDisposable
{
    private const int PartitionCount = 3;
    private const string Topic = "faults";

    private readonly TemporaryDirectory _data = new();
    private readonly FaultProxy _proxy = FaultProxy.Start();
    private readonly ConcurrentQueue<int> _read = new();
    private SiloProcess? _silo;

    public async Task InitializeAsync() => await StartSiloAsync();

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _silo!.DisposeAsync();
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public Task Broken_connections_and_cut_frames_lose_nothing_double_nothing_and_keep_order() => RunAsync(
    [
        () => Do(_proxy.Drop),
        () => Do(_proxy.CutReply),
        () => Do(_proxy.CutRequest),
        () => Do(() => _proxy.ReplyDelay = TimeSpan.FromMilliseconds(100)),
        () => Do(_proxy.Drop),
        () => Do(() => _proxy.ReplyDelay = TimeSpan.Zero),
        () => Do(_proxy.CutReply),
    ]);

    [Fact]
    public Task A_silo_that_is_stopped_or_killed_and_started_again_loses_nothing_and_doubles_nothing() => RunAsync(
    [
        async () =>
        {
            await _silo!.TerminateAsync();
            await StartSiloAsync();
        },
        async () =>
        {
            await _silo!.KillAsync();
            await StartSiloAsync();
        },
    ]);

    [Fact]
    public async Task Nodes_that_do_not_lead_are_left_and_found_again()
    {
        await RunAsync([() => Do(() => _proxy.Mislead(5)), () => Do(() => _proxy.Mislead(20)), () => Do(() => { })]);

        Assert.InRange(_proxy.MisledCount, 6, 25);
    }

    [Fact]
    public async Task A_member_of_a_cluster_that_is_gone_can_be_closed()
    {
        var client = StreamClient.Connect(new StreamClientOptions
        {
            BootstrapServers = _proxy.Address,
            CallTimeout = TimeSpan.FromHours(1),
        });
        await client.FillAsync(Topic, 1, 10);
        var member = Join(client, TimeSpan.FromMilliseconds(200));
        await member.TakeAsync(5);
        _proxy.Target = null;
        _proxy.Drop();

        await member.DisposeAsync().AsTask().WaitAsync(TestTopics.Patience);
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private async Task StartSiloAsync()
    {
        _proxy.Target = null;
        _silo = await SiloProcess.StartAsync(_data.Path, null, _proxy.SiloOption);
        _proxy.Target = _silo.KafkaAddress;
    }

    private async Task RunAsync(Func<Task>[] faults)
    {
        const int RecordsPerFault = 300;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var client = StreamClient.Connect(_proxy.Address);
        await client.FillAsync(Topic, PartitionCount, 0);
        await using var member = new Member(Join(client), _read, deadline.Token);
        await using var producer = client.CreateProducer(new() { BatchBytes = 200 });
        var sent = new List<Task<DeliveryResult>>();
        foreach (var fault in faults)
        {
            for (var i = 0; i < RecordsPerFault; i++)
            {
                var record = new OutgoingRecord(Topic, null, Encoding.UTF8.GetBytes($"{sent.Count}"));
                sent.Add(producer.SendAsync(record with { Partition = sent.Count % PartitionCount }).AsTask());
            }

            await sent[^(RecordsPerFault / 2)];
            await fault();
        }

        var results = await Task.WhenAll(sent).WaitAsync(deadline.Token);
        await member.HasReadAsync(sent.Count);

        Assert.All(results.Select((result, i) => (result, i)), entry => Assert.Equal(
            (entry.i % PartitionCount, (long)entry.i / PartitionCount),
            (entry.result.Partition.Partition, entry.result.Offset)));
        Assert.Equal(Enumerable.Range(0, sent.Count), _read.Distinct().Order());
    }

    private static Consumer Join(StreamClient client, TimeSpan? closeTimeout = null)
    {
        var consumer = client.CreateConsumer(new()
        {
            GroupId = Topic,
            StartPosition = StartPosition.Earliest,
            CommitInterval = TimeSpan.FromMilliseconds(100),
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
            CloseTimeout = closeTimeout ?? TimeSpan.FromMinutes(1),
        });
        consumer.Subscribe(Topic);
        return consumer;
    }
}
