using System.Buffers;
using System.Globalization;
using System.Text;
using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>An entity group transaction: operations on rows of one partition key, as one request.</summary>
/// <remarks>
/// The request is a MIME message with one change set in it, which has an HTTP request for each operation:
/// <code>
/// --batch_ID
/// Content-Type: multipart/mixed; boundary=changeset_ID
///
/// --changeset_ID
/// Content-Type: application/http
/// Content-Transfer-Encoding: binary
///
/// PUT URL HTTP/1.1
/// If-Match: ETAG
/// Content-Type: application/json
///
/// {"PartitionKey": ...}
/// --changeset_ID--
/// --batch_ID--
/// </code>
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
/// </remarks>
internal sealed class EntityBatch
{
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <param name="table">The table's address.</param>
    public EntityBatch(Uri table, string partitionKey, IReadOnlyList<TableOperation> operations)
    {
        Operations = operations;
        Write($"--batch_{Id}\r\nContent-Type: multipart/mixed; boundary=changeset_{Id}\r\n\r\n");
        foreach (var operation in operations)
        {
            WriteOperation(table, partitionKey, operation);
        }

        Write($"--changeset_{Id}--\r\n--batch_{Id}--\r\n");
    }

    /// <summary>Is stored in every row that the batch writes.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    public IReadOnlyList<TableOperation> Operations { get; }

    public string ContentType => $"multipart/mixed; boundary=batch_{Id}";

    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>The address of a row.</summary>
    public static string ToUrl(Uri table, string partitionKey, string rowKey)
        => $"{table.AbsoluteUri}(PartitionKey='{Uri.EscapeDataString(partitionKey)}'"
            + $",RowKey='{Uri.EscapeDataString(rowKey)}')";

    private void WriteOperation(Uri table, string partitionKey, in TableOperation operation)
    {
        var rowKey = TableKeys.ToRowKey(operation.RowKey);
        var row = ToUrl(table, partitionKey, rowKey);
        var (request, ifMatch) = operation.Kind switch
        {
            TableOperationKind.Insert => ($"POST {table.AbsoluteUri}", null),
            TableOperationKind.Replace => ($"PUT {row}", operation.ETag),
            TableOperationKind.Upsert => ($"PUT {row}", null),
            _ => ($"DELETE {row}", operation.ETag ?? "*"),
        };
        Write($"--changeset_{Id}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        Write($"{request} HTTP/1.1\r\nAccept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\n");
        if (ifMatch is not null)
        {
            Write($"If-Match: {ifMatch}\r\n");
        }

        if (operation.Kind == TableOperationKind.Delete)
        {
            Write($"\r\n");
            return;
        }

        Write($"Prefer: return-no-content\r\nContent-Type: application/json\r\n\r\n");
        _body.Write(Entity.Encode(partitionKey, rowKey, operation.Value.Span, Id));
        Write($"\r\n");
    }

    private void Write(FormattableString text)
        => _body.Write(Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture)));
}
