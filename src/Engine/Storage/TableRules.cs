using System.Text;

namespace OrleansStream.Engine.Storage;

/// <summary>Says which batches a table takes, so that every adapter refuses the same ones.</summary>
public static class TableRules
{
    /// <summary>UTF-8 that refuses text it could not read back, such as half a surrogate pair.</summary>
    public static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The batch breaks a limit, or names a row key twice.</exception>
    public static void Check(string table, string partitionKey, IReadOnlyList<TableOperation> operations)
    {
        CheckKey(table, nameof(table));
        CheckKey(partitionKey, nameof(partitionKey));
        if (operations.Count is 0 or > TableLimits.BatchOperations)
        {
            throw new ArgumentException(
                $"A batch has 1 to {TableLimits.BatchOperations} operations, not {operations.Count}.",
                nameof(operations));
        }

        if (operations.Sum(operation => (long)operation.Value.Length) > TableLimits.BatchValueBytes)
        {
            throw new ArgumentException(
                $"The values of a batch have at most {TableLimits.BatchValueBytes} bytes.", nameof(operations));
        }

        var rowKeys = new HashSet<string>(operations.Count, StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            Check(operation);
            if (!rowKeys.Add(operation.RowKey))
            {
                throw new ArgumentException($"The batch names row '{operation.RowKey}' twice.", nameof(operations));
            }
        }
    }

    private static void Check(in TableOperation operation)
    {
        CheckKey(operation.RowKey, nameof(operation));
        if (operation.Value.Length > TableLimits.ValueBytes)
        {
            throw new ArgumentException(
                $"The value of row '{operation.RowKey}' is longer than {TableLimits.ValueBytes} bytes.",
                nameof(operation));
        }

        if (operation.Kind == TableOperationKind.Replace && operation.ETag is null)
        {
            throw new ArgumentException($"Replacing row '{operation.RowKey}' takes an ETag.", nameof(operation));
        }
    }

    private static void CheckKey(string key, string parameter)
    {
        if (StrictUtf8.GetByteCount(key) > TableLimits.KeyBytes)
        {
            throw new ArgumentException($"The key '{key}' is longer than {TableLimits.KeyBytes} bytes.", parameter);
        }
    }
}
