using OrleansStream.Engine.Storage;
using Xunit;

namespace OrleansStream.TestKit.Storage;

public abstract class TableConformance<TFixture> : StorageConformance<TFixture>
    where TFixture : StorageFixture, new()
{
    private const string Table = "topics";
    private const string Key = "key";

    [Fact]
    public async Task Rows_and_their_ETags_survive_a_restart()
    {
        var etags = await ExecuteAsync(Insert("a", 1), Insert("b", 2));

        await ReopenAsync();

        var row = await GetAsync("b");
        Assert.Equal((Key, "b", etags[1]), (row!.PartitionKey, row.RowKey, row.ETag));
        Assert.Equal([2], row.Value.ToArray());
        await ExecuteAsync(Replace("a", 3, etags[0]));
    }

    [Fact]
    public async Task A_query_gives_one_partition_key_in_ordinal_order()
    {
        await ExecuteAsync(Insert("b", 1), Insert("a", 2), Insert("B", 3), Insert("a0", 4));
        await Storage.Tables.ExecuteAsync(Table, "other", [Insert("c", 5)], None);
        await Storage.Tables.ExecuteAsync("other", Key, [Insert("d", 6)], None);

        Assert.Equal(["B", "a", "a0", "b"], await RowKeysAsync());
        Assert.Empty(await Storage.Tables.QueryAsync(Table, "nothing", None));
        Assert.Null(await GetAsync("c"));
    }

    [Fact]
    public async Task An_insert_needs_the_row_to_be_new()
    {
        await ExecuteAsync(Insert("a", 1));

        var e = await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Insert("a", 2)));

        Assert.Contains("'a'", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ValueAsync("a"));
    }

    [Fact]
    public async Task A_replace_needs_the_ETag_of_the_last_write()
    {
        var first = await ExecuteAsync(Insert("a", 1));
        var second = await ExecuteAsync(Replace("a", 2, first[0]));

        Assert.NotEqual(first[0], second[0]);
        await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Replace("a", 3, first[0])));
        await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Replace("missing", 3, first[0])));
        Assert.Equal(2, await ValueAsync("a"));
    }

    [Fact]
    public async Task An_upsert_needs_nothing()
    {
        var first = await ExecuteAsync(Upsert("a", 1));
        var second = await ExecuteAsync(Upsert("a", 2));

        Assert.NotEqual(first[0], second[0]);
        Assert.Equal(2, await ValueAsync("a"));
    }

    [Fact]
    public async Task A_delete_needs_the_row_and_its_ETag_if_one_is_given()
    {
        var etags = await ExecuteAsync(Insert("a", 1), Insert("b", 2));
        await ExecuteAsync(Upsert("a", 3));

        await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Delete("a", etags[0])));
        await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Delete("missing")));
        Assert.Equal([null, null], await ExecuteAsync(Delete("a"), Delete("b", etags[1])));
        Assert.Empty(await RowKeysAsync());
    }

    [Fact]
    public async Task A_row_made_anew_has_a_new_ETag_even_after_a_restart()
    {
        var first = await ExecuteAsync(Insert("a", 1));
        await ExecuteAsync(Delete("a"));
        await ReopenAsync();
        await ReopenAsync();

        var second = await ExecuteAsync(Insert("a", 1));

        Assert.NotEqual(first[0], second[0]);
        await Assert.ThrowsAsync<TableConflictException>(() => ExecuteAsync(Delete("a", first[0])));
    }

    [Fact]
    public async Task A_batch_with_one_broken_condition_does_nothing()
    {
        await ExecuteAsync(Insert("a", 1));

        await Assert.ThrowsAsync<TableConflictException>(
            () => ExecuteAsync(Upsert("b", 2), Insert("a", 3), Insert("c", 4)));

        Assert.Equal(["a"], await RowKeysAsync());
        Assert.Equal(1, await ValueAsync("a"));
    }

    [Fact]
    public async Task A_hundred_operations_are_one_batch_and_one_more_is_refused()
    {
        var operations = Enumerable.Range(0, 101).Select(i => Insert($"row-{i:d3}", 1)).ToArray();

        await ExecuteAsync(operations[..100]);
        await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync(operations));
        await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync());

        Assert.Equal(100, (await RowKeysAsync()).Count);
    }

    [Fact]
    public async Task A_value_has_64_KiB_at_most()
    {
        var longest = Bytes(64 * 1_024);
        await ExecuteAsync(new TableOperation(TableOperationKind.Insert, "a", longest));

        await Assert.ThrowsAsync<ArgumentException>(
            () => ExecuteAsync(new TableOperation(TableOperationKind.Insert, "b", Bytes((64 * 1_024) + 1))));

        await ReopenAsync();
        Assert.Equal(longest, (await GetAsync("a"))!.Value.ToArray());
        Assert.Equal(["a"], await RowKeysAsync());
    }

    [Fact]
    public async Task The_values_of_a_batch_have_2_MiB_at_most()
    {
        var most = Enumerable.Range(0, 32)
            .Select(i => new TableOperation(TableOperationKind.Insert, $"row-{i}", Bytes(64 * 1_024)))
            .ToArray();

        await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync([.. most, Insert("one more", 1)]));
        await ExecuteAsync(most);

        Assert.Equal(32, (await RowKeysAsync()).Count);
    }

    [Fact]
    public async Task A_key_has_512_bytes_at_most()
    {
        await ExecuteAsync(Insert(new string('é', 256), 1));
        await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync(Insert(new string('é', 256) + "e", 1)));
    }

    [Fact]
    public async Task A_batch_that_names_a_row_twice_is_refused()
        => await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync(Insert("a", 1), Delete("a")));

    [Fact]
    public async Task A_replace_without_an_ETag_is_refused()
        => await Assert.ThrowsAsync<ArgumentException>(() => ExecuteAsync(Replace("a", 1, etag: null)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/")]
    [InlineData("..")]
    [InlineData("a/b\\c#d?e%f%2F")]
    [InlineData("tab\tnewline\nnull\0bell\u0007delete\u007f")]
    [InlineData("'quote' \"quote\"")]
    [InlineData("ünïcödé 日本語 \U0001F600")]
    [InlineData("\uFEFFmark")]
    public async Task Keys_of_odd_characters_come_back_as_they_were(string key)
    {
        var other = key + "x";
        await Storage.Tables.ExecuteAsync(Table, key, [Insert(key, 1), Insert(other, 2)], None);
        await Storage.Tables.ExecuteAsync(Table, other, [Insert(key, 3)], None);

        await ReopenAsync();

        var rows = await Storage.Tables.QueryAsync(Table, key, None);
        Assert.Equal([(key, key), (key, other)], rows.Select(row => (row.PartitionKey, row.RowKey)));
        Assert.Equal(3, (await Storage.Tables.GetAsync(Table, other, key, None))!.Value.Span[0]);
    }

    [Fact]
    public async Task A_key_that_is_not_well_formed_text_is_refused()
        => await Assert.ThrowsAnyAsync<ArgumentException>(() => ExecuteAsync(Insert("half \uD83D", 1)));

    [Fact]
    public async Task A_value_is_copied_before_the_batch_completes()
    {
        byte[] value = [1];
        await ExecuteAsync(new TableOperation(TableOperationKind.Insert, "a", value));
        value[0] = 2;

        Assert.Equal(1, await ValueAsync("a"));
    }

    [Fact]
    public async Task Of_many_who_replace_the_same_row_one_wins_each_round()
    {
        var etag = (await ExecuteAsync(Insert("a", 0)))[0];
        for (byte round = 1; round <= 20; round++)
        {
            var attempts = Enumerable.Range(0, 8).Select(_ => TryReplaceAsync(round, etag)).ToArray();
            var won = (await Task.WhenAll(attempts)).Where(result => result is not null).ToArray();

            etag = Assert.Single(won);
            Assert.Equal(round, await ValueAsync("a"));
        }
    }

    [Fact]
    public async Task Concurrent_batches_on_many_keys_are_all_kept()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Storage.Tables
            .ExecuteAsync(Table, $"key-{i % 20}", [Insert($"row-{i}", (byte)i)], None).AsTask()));

        await ReopenAsync();

        for (var i = 0; i < 200; i++)
        {
            var row = await Storage.Tables.GetAsync(Table, $"key-{i % 20}", $"row-{i}", None);
            Assert.Equal((byte)i, row!.Value.Span[0]);
        }
    }

    private static TableOperation Insert(string rowKey, byte value)
        => new(TableOperationKind.Insert, rowKey, new[] { value });

    private static TableOperation Upsert(string rowKey, byte value)
        => new(TableOperationKind.Upsert, rowKey, new[] { value });

    private static TableOperation Replace(string rowKey, byte value, string? etag)
        => new(TableOperationKind.Replace, rowKey, new[] { value }, etag);

    private static TableOperation Delete(string rowKey, string? etag = null)
        => new(TableOperationKind.Delete, rowKey, ETag: etag);

    private async Task<IReadOnlyList<string?>> ExecuteAsync(params TableOperation[] operations)
        => await Storage.Tables.ExecuteAsync(Table, Key, operations, None);

    private async Task<string?> TryReplaceAsync(byte value, string? etag)
    {
        try
        {
            await Task.Yield();
            return (await ExecuteAsync(Replace("a", value, etag)))[0];
        }
        catch (TableConflictException)
        {
            return null;
        }
    }

    private async Task<TableRow?> GetAsync(string rowKey) => await Storage.Tables.GetAsync(Table, Key, rowKey, None);

    private async Task<byte> ValueAsync(string rowKey) => (await GetAsync(rowKey))!.Value.Span[0];

    private async Task<IReadOnlyList<string>> RowKeysAsync()
        => [.. (await Storage.Tables.QueryAsync(Table, Key, None)).Select(row => row.RowKey)];
}
