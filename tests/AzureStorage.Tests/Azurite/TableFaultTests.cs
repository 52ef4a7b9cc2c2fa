using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class TableFaultTests : FaultSuite
{
    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task A_batch_is_done_once_whatever_becomes_of_its_tries(string fates)
    {
        var before = await ExecuteAsync(Insert("head", 1), Insert("old", 1));
        Network.Next("POST", "$batch", Parse(fates));
        var after = await ExecuteAsync(
            Replace("head", 2, before[0]),
            Insert("new", 2),
            new(TableOperationKind.Upsert, "any", new byte[] { 2 }),
            new(TableOperationKind.Delete, "old", ETag: before[1]));

        Assert.Equal(0, Network.PlannedCount);
        var rows = await Storage.Tables.QueryAsync("t", "k", None);
        Assert.Equal(["any", "head", "new"], rows.Select(row => row.RowKey));
        Assert.All(rows, row => Assert.Equal([2], row.Value.ToArray()));
        Assert.Equal([rows[1].ETag, rows[2].ETag, rows[0].ETag, null], after);
    }

    [Theory]
    [MemberData(nameof(Survivable))]
    public async Task A_batch_of_deletions_is_done_whatever_becomes_of_its_tries(string fates)
    {
        await ExecuteAsync(Insert("a", 1), Insert("b", 1));
        Network.Next("POST", "$batch", Parse(fates));

        Assert.Equal(
            [null, null],
            await ExecuteAsync(new(TableOperationKind.Delete, "a"), new(TableOperationKind.Delete, "b")));
        Assert.Empty(await Storage.Tables.QueryAsync("t", "k", None));
    }

    [Fact]
    public async Task A_conflict_behind_a_lost_reply_is_not_taken_for_the_answer()
    {
        var etag = (await ExecuteAsync(Insert("a", 1)))[0];
        await ExecuteAsync(Replace("a", 2, etag));
        Network.Next("POST", "$batch", Fate.ReplyLost);

        // It may have been done before somebody else wrote the row: neither yes nor no would be known to be true.
        var e = await Assert.ThrowsAsync<IOException>(() => ExecuteAsync(Replace("a", 3, etag)));
        Assert.Contains("may or may not", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Fate.Lost), 1)]
    [InlineData(nameof(Fate.Busy), 1)]
    [InlineData(nameof(Fate.DoneAndFailed), 2)]
    public async Task When_no_try_is_answered_the_row_itself_tells(string fate, byte value)
    {
        var etag = (await ExecuteAsync(Insert("a", 1)))[0];
        Network.Next("POST", "$batch", AllTries(Enum.Parse<Fate>(fate)));

        var error = await Record.ExceptionAsync(() => ExecuteAsync(Replace("a", 2, etag)));

        Assert.Equal(value == 1, error is IOException and not TableConflictException);
        Assert.Equal(value, (await Storage.Tables.GetAsync("t", "k", "a", None))!.Value.Span[0]);
    }

    // A page of the service has a thousand rows.
    [Fact]
    public async Task A_query_has_many_pages()
    {
        for (var i = 0; i < 12; i++)
        {
            await ExecuteAsync([.. Enumerable.Range(100 * i, 100).Select(n => Insert($"row-{n:d5}", 1))]);
        }

        Assert.Equal(
            Enumerable.Range(0, 1_200).Select(n => $"row-{n:d5}"),
            (await Storage.Tables.QueryAsync("t", "k", None)).Select(row => row.RowKey));
    }

    private static TableOperation Insert(string rowKey, byte value)
        => new(TableOperationKind.Insert, rowKey, new[] { value });

    private static TableOperation Replace(string rowKey, byte value, string? etag)
        => new(TableOperationKind.Replace, rowKey, new[] { value }, etag);

    private async Task<IReadOnlyList<string?>> ExecuteAsync(params TableOperation[] operations)
        => await Storage.Tables.ExecuteAsync("t", "k", operations, None);
}
