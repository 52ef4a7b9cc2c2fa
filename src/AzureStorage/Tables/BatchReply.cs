using System.Text.Json;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>What the service answered to an <see cref="EntityBatch"/>: ETags, or why nothing was done.</summary>
/// <param name="Status">202 when all was done, else the status of the operation that failed.</param>
/// <param name="ETags">In the order of the operations; null for a deletion. Empty when nothing was done.</param>
/// <param name="ErrorCode">The service's name for what went wrong; empty when it gave none.</param>
/// <param name="FailedOperation">Index of the operation that failed, when the service said.</param>
internal sealed record BatchReply(int Status, IReadOnlyList<string?> ETags, string ErrorCode, int FailedOperation)
{
    public const int Accepted = 202;

    private const string StatusLine = "HTTP/1.1 ";
    private const string ETagHeader = "ETag:";

    /// <summary>Whether a condition did not hold.</summary>
    public bool IsConflict => Status is 404 or 409 or 412 && ErrorCode != "TableNotFound";

    /// <summary>Reads the body of a 202: a MIME message with an HTTP reply for each operation.</summary>
    public static BatchReply Decode(string body)
    {
        List<string?> etags = [];
        foreach (var line in body.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith(StatusLine, StringComparison.Ordinal))
            {
                var status = int.TryParse(line.AsSpan(StatusLine.Length, 3), out var number) ? number : 0;
                if (status is < 200 or >= 300)
                {
                    return Failed(status, body);
                }

                etags.Add(null);
            }
            else if (etags.Count > 0 && line.StartsWith(ETagHeader, StringComparison.OrdinalIgnoreCase))
            {
                etags[^1] = line[ETagHeader.Length..].Trim();
            }
        }

        return new(Accepted, etags, ErrorCode: "", FailedOperation: -1);
    }

    /// <summary>A reply that something failed, with the error document that the body has in it.</summary>
    /// <remarks><c>{"odata.error":{"code":"...","message":{"value":"INDEX:..."}}}</c></remarks>
    public static BatchReply Failed(int status, string body)
    {
        var start = body.IndexOf('{', StringComparison.Ordinal);
        var end = body.LastIndexOf('}');
        if (start < 0 || end < start)
        {
            return new(status, [], ErrorCode: "", FailedOperation: -1);
        }

        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(start..(end + 1)));
            var error = document.RootElement.GetProperty("odata.error");
            var message = error.GetProperty("message").GetProperty("value").GetString() ?? "";
            return new(
                status,
                [],
                error.GetProperty("code").GetString() ?? "",
                int.TryParse(message.Split(':')[0], out var index) ? index : -1);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(status, [], ErrorCode: "", FailedOperation: -1);
        }
    }
}
