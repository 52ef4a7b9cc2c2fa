using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>A store and what tests do with it.</summary>
/// <remarks>
/// On a <see cref="StandingClock"/>, unless told otherwise: maintenance runs when a test asks for it.
/// </remarks>
internal sealed class TestStore : IAsyncDisposable
{
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;

    private TestStore(LogStore store, TimeProvider time)
    {
        Store = store;
        _time = time;
    }

    public LogStore Store { get; }

    /// <summary>Milliseconds since 1970.</summary>
    public long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<TestStore> OpenAsync(
        IStorage storage, EngineOptions? options = null, TimeProvider? time = null, IJournalOwners? owners = null)
    {
        time ??= new StandingClock();
        var store = await LogStore.OpenAsync(
            storage,
            options ?? new EngineOptions(),
            time,
            NullLoggerFactory.Instance,
            owners ?? NoJournalOwners.Instance,
            CancellationToken.None);
        return new TestStore(store, time);
    }

    /// <summary>Creates a topic with one partition and opens it.</summary>
    /// <param name="configs">Pairs of name and value.</param>
    public async Task<PartitionHost> CreateAsync(string topic, params string[] configs)
    {
        var values = configs.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        var reply = await Store.Topics.CreateAsync(new(topic, 1, values), CancellationToken.None);
        Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        return await OpenAsync(topic);
    }

    /// <summary>Opens the first partition of a topic.</summary>
    public async Task<PartitionHost> OpenAsync(string topic)
    {
        var found = await Store.Topics.FindAsync(topic, CancellationToken.None);
        var host = await Store.OpenPartitionAsync(new(found!.Id, 0), new TestTurn(), CancellationToken.None);
        return host!;
    }

    public Task<AppendReply> AppendAsync(PartitionHost partition, byte[] batch, Acks acks = Acks.All)
        => partition.AppendAsync(new AppendRequest(batch, acks, Timeout), CancellationToken.None).AsTask();

    /// <summary>Appends records with these numbers, one batch each, and waits until they are flushed.</summary>
    public async Task AppendAsync(PartitionHost partition, IEnumerable<int> numbers, int paddingBytes = 0)
    {
        foreach (var number in numbers)
        {
            var reply = await AppendAsync(partition, TestBatch.Numbered(number, paddingBytes, Now));
            Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        }
    }

    public static Task<FetchReply> FetchAsync(
        PartitionHost partition, long offset, int maxBytes = int.MaxValue, int minBytes = 1, TimeSpan maxWait = default)
        => partition.FetchAsync(new FetchRequest(offset, maxBytes, minBytes, maxWait), CancellationToken.None).AsTask();

    /// <summary>The numbers of all batches from the log start on, after a look at their offsets.</summary>
    public static async Task<List<int>> ReadAllAsync(PartitionHost partition)
    {
        var status = await partition.GetStatusAsync(CancellationToken.None);
        Assert.Equal(StreamError.None, status.Error);
        List<int> numbers = [];
        for (var offset = status.LogStartOffset; offset < status.HighWatermark;)
        {
            var reply = await FetchAsync(partition, offset, maxBytes: 10_000);
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            Assert.NotEqual(0, records.LengthBytes);
            foreach (var batch in records.Pieces.SelectMany(TestBatch.Split))
            {
                var header = TestBatch.HeaderOf(batch.Span);
                Assert.Equal((offset, 1), (header.BaseOffset, header.RecordCount));
                numbers.Add(TestBatch.NumberOf(batch.Span));
                offset = header.NextOffset;
            }
        }

        return numbers;
    }

    /// <summary>Closes the store and opens another one on what a kill -9 would leave.</summary>
    public static async Task<TestStore> KillAndOpenAsync(
        TestStore store, FaultyStorage storage, EngineOptions? options = null)
    {
        var remains = await storage.KillAsync();
        await store.DisposeAsync();
        return await OpenAsync(remains, options, store._time);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
