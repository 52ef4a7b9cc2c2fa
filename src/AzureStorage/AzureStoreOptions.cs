using System.ComponentModel.DataAnnotations;

namespace OrleansStream.AzureStorage;

/// <summary>How an Azure storage account is used. Bound from <c>Azure</c> and checked at start.</summary>
public sealed class AzureStoreOptions
{
    /// <summary>
    /// Name of the blob container and of the table that hold the data, so that several clusters share an account: 3 to
    /// 63 lower case letters and digits, the first a letter.
    /// </summary>
    [RegularExpression("^[a-z][a-z0-9]{2,62}$")]
    public string Name { get; init; } = "orleansstream";

    /// <summary>Take the storage from the silo that holds it. Only when that silo is known to be dead.</summary>
    public bool TakeOver { get; init; }

    /// <summary>
    /// How long a silo holds the storage without renewing its lease; the service takes 15 to 60 seconds. Longer lets it
    /// outlive longer outages, shorter frees it sooner after a crash.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:15", "00:01:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a start waits for the lease of another silo, which may have crashed, to end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan LeaseWait { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How often a request is tried again when the service is busy or cannot be reached.</summary>
    [Range(0, 20)]
    public int Retries { get; init; } = 5;

    /// <summary>How long to wait before the first retry; doubled, with jitter, before each one that follows.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one try may take before it counts as lost.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
