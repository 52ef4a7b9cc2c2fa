using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class CompactionTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly CompressionCodec[] Codecs =
        [CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4];

    private readonly StandingClock _clock = new();
    private FaultyStorage _storage = new(seed: 1);
    private readonly KeyedModel _model = new();
    private TestStore _store = null!; // Set before each test.

    public async Task InitializeAsync() => _store = await TestStore.OpenAsync(_storage, time: _clock);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(1, 128 << 20)]
    [InlineData(2, OffsetMap.EntryBytes * 10)]
    [InlineData(3, OffsetMap.EntryBytes * 20)]
    public async Task Of_each_key_the_last_record_stays(int seed, int compactionBytes)
    {
        await _store.DisposeAsync();
        var options = new EngineOptions { CompactionBytes = compactionBytes };
        _store = await TestStore.OpenAsync(_storage, options, _clock);
        var random = new Random(seed);
        var partition = await CreateAsync("min.cleanable.dirty.ratio", "0", "segment.bytes", "40000");
        for (var i = 0; i < 150; i++)
        {
            await AppendAsync(partition, KeyedModel.RandomRecords(random, keys: 30, _store.Now), Codecs[i % 4]);
            if (random.Next(8) == 0)
            {
                await partition.FlushAsync();
            }

            if (random.Next(20) == 0)
            {
                await MaintainAsync(TimeSpan.FromHours(random.Next(20)));
                _model.Check(await KeyedModel.ReadAsync(partition, maxBytes: random.Next(20_000)));
                await KeyedModel.CheckEveryOffsetAsync(partition, random);
            }

            if (random.Next(30) == 0)
            {
                var remains = await _storage.KillAsync();
                await _store.DisposeAsync();
                (_storage, _store) = (remains, await TestStore.OpenAsync(remains, options, _clock));
                partition = await _store.OpenAsync("topic");
            }
        }

        await partition.FlushAsync();
        await MaintainAsync(Second);
        var left = await KeyedModel.ReadAsync(partition);
        Assert.NotEqual(0, _model.Check(left));
        Assert.Equal(left.Select(record => record.Record.Key), left.Select(record => record.Record.Key).Distinct());
    }

    // Pieces are worked on at once, segments are replaced together.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Segments_of_many_pieces_come_to_the_same(int seed)
    {
        var random = new Random(seed);
        var partition = await CreateAsync("min.cleanable.dirty.ratio", "0", "segment.bytes", "1500000");
        for (var i = 0; i < 100; i++)
        {
            var records = Enumerable.Range(0, 30).Select(_ => new KeyedRecord(
                $"key{random.Next(700)}",
                random.Next(5) == 0 ? null : RandomText(random, 1_500),
                _store.Now));
            await AppendAsync(partition, [.. records], Codecs[i % 4]);
            if (i % 50 == 49)
            {
                await partition.FlushAsync();
                await MaintainAsync(TimeSpan.FromDays(i));
                Assert.NotEqual(0, _model.Check(await KeyedModel.ReadAsync(partition, maxBytes: 1 << 20)));
            }
        }

        var left = await KeyedModel.ReadAsync(partition, maxBytes: 1 << 20);
        Assert.Equal(left.Select(record => record.Record.Key), left.Select(record => record.Record.Key).Distinct());
    }

    // Idempotent producers send everything twice, readers go from start to end again and again, while segments are
    // written, compacted and merged.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Producers_and_readers_see_nothing_odd(int seed)
    {
        var partition = await CreateAsync("min.cleanable.dirty.ratio", "0");
        var producers = Task.WhenAll(Enumerable.Range(1, 3).Select(producer => Task.Run(async () =>
        {
            var random = new Random((seed * 10) + producer);
            var sequence = 0;
            for (var i = 0; i < 100; i++)
            {
                var records = KeyedModel.RandomRecords(random, keys: 20, _store.Now);
                var batch = KeyedBatch.Of(records, Codecs[i % 4], producer, sequence);
                var first = await _store.AppendAsync(partition, batch);
                Assert.Equal((StreamError.None, first.BaseOffset),
                    ((await _store.AppendAsync(partition, batch)).Error, first.BaseOffset));
                _model.Add(first.BaseOffset, records);
                sequence += records.Length;
                await Task.Yield();
            }
        })));
        var readers = Task.WhenAll(Enumerable.Range(1, 2).Select(reader => Task.Run(async () =>
        {
            while (!producers.IsCompleted)
            {
                await KeyedModel.ReadAsync(partition, maxBytes: 1_000 * reader);
            }
        })));
        while (!producers.IsCompleted)
        {
            await partition.FlushAsync();
            await MaintainAsync(TimeSpan.Zero);
        }

        await producers;
        await readers;
        await partition.FlushAsync();
        await MaintainAsync(Second);
        Assert.NotEqual(0, _model.Check(await KeyedModel.ReadAsync(partition)));
    }

    [Fact]
    public async Task A_retry_is_known_when_nothing_of_its_producer_is_left()
    {
        var partition = await CreateAsync("min.cleanable.dirty.ratio", "0");
        var batch = KeyedBatch.Of([new("a", "1", _store.Now)], producerId: 7);
        await _store.AppendAsync(partition, batch);
        await AppendAsync(partition, [new("a", "2", _store.Now)]);
        await partition.FlushAsync();
        await MaintainAsync(Second);
        Assert.Equal(1, (await KeyedModel.ReadAsync(partition)).Single().Offset);

        _store = await TestStore.KillAndOpenAsync(_store, _storage);
        partition = await _store.OpenAsync("topic");

        Assert.Equal(0, (await _store.AppendAsync(partition, batch)).BaseOffset);
        Assert.Equal(2, (await _store.AppendAsync(
            partition, KeyedBatch.Of([new("b", "1", _store.Now)], producerId: 7, baseSequence: 1))).BaseOffset);
    }

    [Fact]
    public async Task A_deleted_key_is_gone_when_its_tombstone_was_there_for_long_enough()
    {
        var partition = await CreateAsync("delete.retention.ms", "60000", "min.cleanable.dirty.ratio", "0");
        await AppendAsync(partition, [new("a", "1", _store.Now), new("b", "1", _store.Now)]);
        await AppendAsync(partition, [new("a", null, _store.Now)]);
        await partition.FlushAsync();
        await MaintainAsync(Second);
        Assert.Equal([1, 2], (await KeyedModel.ReadAsync(partition)).Select(record => record.Offset));

        _clock.Move(TimeSpan.FromMinutes(1));
        await AppendAsync(partition, [new("c", "1", _store.Now)]);
        await partition.FlushAsync();
        await MaintainAsync(Second);

        Assert.Equal([1, 3], (await KeyedModel.ReadAsync(partition)).Select(record => record.Offset));
        _model.Check(await KeyedModel.ReadAsync(partition));
    }

    // At the end of all segments there is always a batch, or a consumer would wait in front of the end for ever.
    [Fact]
    public async Task Where_the_last_record_is_gone_readers_still_get_to_the_end()
    {
        var partition = await _store.CreateAsync("topic", "min.cleanable.dirty.ratio", "0");
        await _store.AppendAsync(partition, KeyedBatch.Of([new("a", "1", _store.Now), new(null, "1", _store.Now + 1)]));
        await _store.AppendAsync(partition, KeyedBatch.Of([new(null, "2", _store.Now + 2)]));
        await partition.FlushAsync();
        await _store.Store.Topics.AlterConfigsAsync("topic", [new("cleanup.policy", "compact")], false, default);
        await MaintainAsync(Second);

        Assert.Equal([0], (await KeyedModel.ReadAsync(partition)).Select(record => record.Offset));
        var latest = await partition.FindOffsetAsync(new(OffsetKind.MaxTimestamp), default);
        Assert.Equal((StreamError.None, 0), (latest.Error, latest.Offset));
        await _store.AppendAsync(partition, KeyedBatch.Of([new("b", "1", _store.Now)]));
        await partition.FlushAsync();
        await MaintainAsync(Second);
        Assert.Equal([0, 3], (await KeyedModel.ReadAsync(partition)).Select(record => record.Offset));
    }

    [Fact]
    public async Task What_is_younger_than_the_shortest_lag_is_not_touched()
    {
        var partition = await CreateAsync("min.compaction.lag.ms", "60000", "min.cleanable.dirty.ratio", "0");
        await AppendTwiceAsync(partition);
        await MaintainAsync(TimeSpan.FromSeconds(59));
        Assert.Equal(2, (await KeyedModel.ReadAsync(partition)).Count);

        await MaintainAsync(Second);

        Assert.Single(await KeyedModel.ReadAsync(partition));
    }

    [Fact]
    public async Task What_is_older_than_the_longest_lag_is_compacted_though_it_is_little_and_still_in_memory()
    {
        var partition = await CreateAsync("max.compaction.lag.ms", "20000", "min.cleanable.dirty.ratio", "1");
        await AppendAsync(partition, [new("a", "1", _store.Now)]);
        await AppendAsync(partition, [new("a", "2", _store.Now)]);
        await MaintainAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2, (await KeyedModel.ReadAsync(partition)).Count);

        await MaintainAsync(Second);

        Assert.Single(await KeyedModel.ReadAsync(partition));
    }

    [Fact]
    public async Task Little_that_is_new_waits_for_more()
    {
        var partition = await CreateAsync();
        await AppendAsync(partition, [new("a", new string('x', 10_000), _store.Now)]);
        await partition.FlushAsync();
        await MaintainAsync(Second);
        await AppendTwiceAsync(partition);
        await MaintainAsync(Second);
        Assert.Equal(3, (await KeyedModel.ReadAsync(partition)).Count);

        await AppendAsync(partition, [new("b", new string('x', 11_000), _store.Now)]);
        await partition.FlushAsync();
        await MaintainAsync(Second);

        Assert.Equal([2, 3], (await KeyedModel.ReadAsync(partition)).Select(record => record.Offset));
    }

    [Fact]
    public async Task Age_and_size_say_nothing_of_a_topic_that_is_only_compacted()
    {
        string[] limits = ["retention.ms", "1000", "retention.bytes", "1"];
        var compacted = await _store.CreateAsync("compacted", ["cleanup.policy", "compact", .. limits]);
        var both = await _store.CreateAsync("both", ["cleanup.policy", "delete,compact", .. limits]);
        foreach (var partition in (PartitionHost[])[compacted, both])
        {
            await _store.AppendAsync(partition, KeyedBatch.Of([new("a", "1", _store.Now)]));
            await partition.FlushAsync();
        }

        await MaintainAsync(TimeSpan.FromMinutes(1));

        Assert.Single(await KeyedModel.ReadAsync(compacted));
        Assert.Empty(await KeyedModel.ReadAsync(both));
    }

    [Fact]
    public async Task What_readers_hold_stays_until_they_let_go()
    {
        var partition = await CreateAsync("min.cleanable.dirty.ratio", "0");
        await AppendTwiceAsync(partition);
        var before = await TestStore.FetchAsync(partition, 0);
        await MaintainAsync(Second);

        using var records = before.Records;
        Assert.Equal(2, records.Pieces.SelectMany(piece => KeyedBatch.Read(piece)).Count());
    }

    // Nothing that a codec makes much smaller.
    private static string RandomText(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return Convert.ToBase64String(bytes);
    }

    private Task<PartitionHost> CreateAsync(params string[] configs)
        => _store.CreateAsync("topic", ["cleanup.policy", "compact", .. configs]);

    private async Task AppendTwiceAsync(PartitionHost partition)
    {
        await AppendAsync(partition, [new("a", "1", _store.Now)]);
        await AppendAsync(partition, [new("a", "2", _store.Now)]);
        await partition.FlushAsync();
    }

    private async Task AppendAsync(
        PartitionHost partition, KeyedRecord[] records, CompressionCodec codec = CompressionCodec.None)
    {
        var reply = await _store.AppendAsync(partition, KeyedBatch.Of(records, codec));
        Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        _model.Add(reply.BaseOffset, records);
    }

    private Task MaintainAsync(TimeSpan later)
    {
        _clock.Move(later);
        return _store.Store.MaintainAsync();
    }
}
