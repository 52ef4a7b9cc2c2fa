using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>Speaks to one Azure table: the few requests that are needed, over Azure.Core's pipeline.</summary>
/// <remarks>
/// The pipeline signs requests and tries them again. Its faults are <see cref="RequestFailedException"/>s and their
/// kind. https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
/// </remarks>
internal sealed class TableEndpoint(Uri service, string name, HttpPipeline pipeline)
{
    private const string ServiceVersion = "2020-12-06"; // The first that takes tokens.
    private const string Json = "application/json;odata=minimalmetadata";

    private readonly Uri _batches = Combine(service, "$batch");

    /// <summary>The table's address.</summary>
    public Uri Address { get; } = Combine(service, name);

    /// <summary>Creates the table if it is not there.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (await ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        using var message = Begin(RequestMethod.Post, Combine(service, "Tables"), "application/json");
        message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string> { ["TableName"] = name }));
        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (message.Response.IsError && message.Response.Status != 409)
        {
            throw new RequestFailedException(message.Response);
        }
    }

    /// <summary>The row, or null.</summary>
    public async Task<Entity?> GetAsync(
        string partitionKey, string storedKey, string rowKey, CancellationToken cancellationToken)
    {
        var url = new Uri(EntityBatch.ToUrl(Address, storedKey, TableKeys.ToRowKey(rowKey)));
        using var message = Begin(RequestMethod.Get, url);
        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (message.Response.Status == 404 && ErrorOf(message.Response).ErrorCode != "TableNotFound")
        {
            return null;
        }

        ThrowIfError(message.Response);
        using var document = JsonDocument.Parse(message.Response.Content.ToMemory());
        return Entity.Decode(partitionKey, document.RootElement);
    }

    /// <summary>All rows of a partition key, page by page.</summary>
    public async Task<List<Entity>> QueryAsync(
        string partitionKey, string storedKey, CancellationToken cancellationToken)
    {
        var entities = new List<Entity>();
        var query = $"?$filter={Uri.EscapeDataString($"PartitionKey eq '{storedKey}'")}";
        var next = "";
        do
        {
            using var message = Begin(RequestMethod.Get, new Uri($"{Address.AbsoluteUri}(){query}{next}"));
            await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            ThrowIfError(message.Response);
            using var document = JsonDocument.Parse(message.Response.Content.ToMemory());
            foreach (var entity in document.RootElement.GetProperty("value").EnumerateArray())
            {
                entities.Add(Entity.Decode(partitionKey, entity));
            }

            next = NextPage(message.Response);
        }
        while (next.Length > 0);

        return entities;
    }

    /// <summary>Sends a batch.</summary>
    /// <returns>The answer, and whether an earlier try than the one it answers may have been carried out.</returns>
    public async Task<(BatchReply Reply, bool WasRetried)> SendAsync(
        EntityBatch batch, CancellationToken cancellationToken)
    {
        using var message = Begin(RequestMethod.Post, _batches, batch.ContentType);
        message.Request.Content = RequestContent.Create(batch.Body);
        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var response = message.Response;
        var reply = response.Status == BatchReply.Accepted
            ? BatchReply.Decode(response.Content.ToString())
            : ErrorOf(response);
        return (reply, message.ProcessingContext.RetryNumber > 0);
    }

    // Asking first lets those in who may use the table but not create one.
    private async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        using var message = Begin(RequestMethod.Get, new Uri($"{Address.AbsoluteUri}()?$top=1"));
        await pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (message.Response.Status != 404)
        {
            ThrowIfError(message.Response);
            return true;
        }

        return false;
    }

    private HttpMessage Begin(RequestMethod method, Uri url, string? contentType = null)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(url);
        message.Request.Headers.SetValue("x-ms-version", ServiceVersion);
        message.Request.Headers.SetValue("DataServiceVersion", "3.0");
        message.Request.Headers.SetValue("Accept", Json);
        if (contentType is not null)
        {
            message.Request.Headers.SetValue("Content-Type", contentType);
        }

        return message;
    }

    private static Uri Combine(Uri service, string path) => new($"{service.AbsoluteUri.TrimEnd('/')}/{path}");

    private static string NextPage(Response response)
        => response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partitionKey)
            ? $"&NextPartitionKey={Uri.EscapeDataString(partitionKey!)}"
                + (response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var rowKey)
                    ? $"&NextRowKey={Uri.EscapeDataString(rowKey!)}"
                    : "")
            : "";

    private static BatchReply ErrorOf(Response response)
        => BatchReply.Failed(response.Status, response.Content.ToString());

    private static void ThrowIfError(Response response)
    {
        if (response.IsError)
        {
            throw new RequestFailedException(response);
        }
    }
}
