using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>The records that every real client sends and gets back: numbered JSON lines, each with a key.</summary>
internal static class KeyedLines
{
    public const int Count = 200_000;
    public const int PartitionCount = 8;
    private const int KeyCount = 1_000;

    // Clients leave a batch uncompressed that would only grow; one of several lines never does.
    private const int RecordsWorthCompressing = 10;

    /// <summary>Writes a file with a line <c>key TAB value</c> for each record.</summary>
    public static async Task<string> WriteAsync(TemporaryDirectory directory)
    {
        var file = Path.Combine(directory.Path, "lines");
        await File.WriteAllLinesAsync(file, Lines());
        return file;
    }

    /// <summary>
    /// Nothing is missing, doubled or changed, and each partition has its records in the order they were sent.
    /// </summary>
    /// <param name="received">Lines <c>partition TAB key TAB value</c>, in the order each partition was read.</param>
    public static void AssertComplete(IReadOnlyCollection<string> received)
    {
        var records = received.Select(line => line.Split('\t', 3)).ToArray();
        var contents = records.Select(record => $"{record[1]}\t{record[2]}").ToHashSet();

        Assert.Empty(Lines().Except(contents));
        Assert.Equal(Count, records.Length);
        Assert.All(records.GroupBy(record => record[0]), AssertIncreasing);
        Assert.All(
            records.GroupBy(record => record[1]),
            key => Assert.Single(key.Select(record => record[0]).Distinct()));
    }

    /// <summary>
    /// What is stored is compressed by the codec the client was told to use; returns what was looked at.
    /// </summary>
    public static async Task<IReadOnlyList<StoredBatch>> AssertStoredAsAsync(
        CompressionCodec codec, string address, string topic)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        var batches = new List<StoredBatch>();
        for (var partition = 0; partition < PartitionCount; partition++)
        {
            batches.AddRange(await StoredBatches.ReadAsync(connection, topic, partition));
        }

        Assert.Equal(Count, batches.Sum(batch => batch.Header.RecordCount));
        var worthCompressing = batches.Where(batch => batch.Header.RecordCount >= RecordsWorthCompressing).ToArray();
        Assert.NotEmpty(worthCompressing);
        Assert.All(worthCompressing, batch => Assert.Equal(codec, batch.Header.Codec));
        return batches;
    }

    private static IEnumerable<string> Lines()
        => JsonLines.Take(Count).Select((line, number) => $"key-{number % KeyCount}\t{line}");

    private static void AssertIncreasing(IGrouping<string, string[]> partition)
    {
        var previous = -1;
        foreach (var record in partition)
        {
            var number = JsonLines.NumberOf(record[2]);
            Assert.True(number > previous, $"Partition {partition.Key}: {number} comes after {previous}.");
            previous = number;
        }
    }
}
