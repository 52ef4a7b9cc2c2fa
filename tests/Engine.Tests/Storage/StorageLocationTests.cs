using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class StorageLocationTests
{
    [Theory]
    [InlineData("memory", StorageKind.Memory, "")]
    [InlineData("local:/a/../b", StorageKind.Local, "/b")]
    [InlineData("azure:AccountKey=a:b==", StorageKind.Azure, "AccountKey=a:b==")]
    public void Each_form_is_understood(string text, StorageKind kind, string place)
        => Assert.Equal(new StorageLocation(kind, place), StorageLocation.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("memory:")]
    [InlineData("memory:a")]
    [InlineData("local")]
    [InlineData("local:")]
    [InlineData("azure:")]
    [InlineData("Local:a")]
    [InlineData("/data")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(StorageLocation.TryParse(text, out _));
        Assert.Throws<FormatException>(() => StorageLocation.Parse(text));
    }

    [Fact]
    public void A_connection_string_is_not_shown()
        => Assert.Equal("azure", StorageLocation.Parse("azure:AccountKey=secret").ToString());
}
