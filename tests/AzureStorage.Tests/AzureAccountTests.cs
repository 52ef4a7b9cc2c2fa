namespace OrleansStream.AzureStorage.Tests;

public sealed class AzureAccountTests
{
    [Theory]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0", "https://a.blob.core.windows.net/")]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.chinacloudapi.cn;DefaultEndpointsProtocol=http",
        "http://a.blob.core.chinacloudapi.cn/")]
    [InlineData("accountname=a; accountkey=c2VjcmV0; BlobEndpoint=https://b/", "https://b/")]
    [InlineData("AccountName=a;SharedAccessSignature=?sv=1&sig=secret", "https://a.blob.core.windows.net/")]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1")]
    [InlineData("https://a.blob.core.windows.net", "https://a.blob.core.windows.net/")]
    [InlineData("https://a.blob.core.windows.net/?sv=1&sig=secret", "https://a.blob.core.windows.net/")]
    public void An_account_is_known_by_its_address_and_tells_no_secret(string text, string address)
        => Assert.Equal(address, AzureAccount.Parse(text).ToString());

    [Theory]
    [InlineData("secret")]
    [InlineData("AccountKey=secret")]
    [InlineData("AccountName=a")]
    [InlineData("AccountName=a;AccountKey=no base 64 secret")]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0;SharedAccessSignature=secret")]
    [InlineData("AccountName=secret;AccountName=secret")]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=secret")]
    [InlineData("http://a.blob.core.windows.net/?sig=secret")]
    [InlineData("https://secret.example.com/")]
    public void What_names_no_account_is_refused_without_being_quoted(string text)
    {
        var e = Assert.Throws<FormatException>(() => AzureAccount.Parse(text));

        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", e.Message, StringComparison.Ordinal);
    }
}
