using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>Signs each try of a table request with the account's key.</summary>
/// <remarks>
/// HMAC-SHA256 over date and resource, as
/// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key has it under "Shared Key Lite".
/// </remarks>
internal sealed class SharedKeyLitePolicy(string accountName, string key) : HttpPipelineSynchronousPolicy
{
    private readonly byte[] _key = Convert.FromBase64String(key);

    public override void OnSendingRequest(HttpMessage message)
    {
        // The clock of the service judges it, so it is the real one and nobody's argument.
        var date = TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        var resource = $"/{accountName}{message.Request.Uri.ToUri().AbsolutePath}";
        var signature = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{date}\n{resource}"));
        message.Request.Headers.SetValue("x-ms-date", date);
        message.Request.Headers.SetValue(
            "Authorization", $"SharedKeyLite {accountName}:{Convert.ToBase64String(signature)}");
    }
}

/// <summary>Adds a shared access signature to a table request's address.</summary>
internal sealed class SignaturePolicy(string signature) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var query = message.Request.Uri.Query;
        if (!query.Contains(signature, StringComparison.Ordinal))
        {
            message.Request.Uri.Query = query.Length > 1 ? $"{query}&{signature}" : $"?{signature}";
        }
    }
}
