using OrleansStream.AzureStorage.Tables;

namespace OrleansStream.AzureStorage.Tests.Tables;

public sealed class TableKeysTests
{
    [Fact]
    public void Every_character_comes_back_and_none_that_the_service_refuses_is_sent()
    {
        for (var c = '\0'; c < '\ud800'; c++)
        {
            var text = TableKeys.ToRowKey($"a{c}b");

            Assert.Equal($"a{c}b", TableKeys.FromRowKey(text));
            Assert.DoesNotContain(text, sent => sent is '/' or '\\' or '#' or '?' or '\'' || char.IsControl(sent));
        }
    }

    [Fact]
    public void Two_keys_are_never_written_alike()
    {
        Assert.NotEqual(TableKeys.ToPartitionKey("a", "b|c"), TableKeys.ToPartitionKey("a|b", "c"));
        Assert.NotEqual(TableKeys.ToRowKey("!0021"), TableKeys.ToRowKey("!"));
    }

    [Fact]
    public void A_key_too_long_for_the_service_is_refused()
    {
        Assert.Equal(512, TableKeys.ToRowKey(new string('k', 512)).Length);
        Assert.Throws<ArgumentException>(() => TableKeys.ToRowKey(new string('/', 512)));
        Assert.Throws<ArgumentException>(() => TableKeys.ToPartitionKey("t", new string('k', 511)));
    }

    [Fact]
    public void Names_that_are_used_stay_readable()
        => Assert.Equal(
            "partitions|00112233445566778899aabbccddeeff-3",
            TableKeys.ToPartitionKey("partitions", "00112233445566778899aabbccddeeff-3"));
}
