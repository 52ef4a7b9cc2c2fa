using System.Net;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>The client at the other end of one connection, as far as it has told us who it is.</summary>
/// <remarks>
/// The handler makes one per connection. The router fills in the names it reads from request headers and
/// ApiVersions; only the connection's read loop writes, so requests still running may see a name appear.
/// </remarks>
internal sealed class KafkaClient(string connectionId, EndPoint? remote, EndPoint? local, bool mustLogIn = false)
{
    private long _throttledUntil;

    public string ConnectionId => connectionId;

    /// <summary>Null on a connection without an address.</summary>
    public EndPoint? Remote => remote;

    /// <summary>The address of ours that the client connected to; null on a connection without one.</summary>
    public EndPoint? Local => local;

    /// <summary>Who it has proved to be, as access rules name it.</summary>
    public string Principal { get; set; } = Authorizer.Anonymous;

    /// <summary>The name of its principal, as quotas are given to it.</summary>
    public string User => Principal[(Principal.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>How far it has come with logging in, where it has to.</summary>
    public SaslSession Sasl { get; } = new();

    /// <summary>Whether it may ask for whatever there is.</summary>
    public bool IsAdmitted => !mustLogIn || Sasl.Stage == SaslStage.LoggedIn;

    /// <summary>Until when, as a timestamp of the clock, nothing more is read from the client.</summary>
    public long ThrottledUntil => Volatile.Read(ref _throttledUntil);

    /// <summary>From the header of the latest request that had one; null until then.</summary>
    public string? ClientId { get; set; }

    /// <summary>From ApiVersions version 3 on; null until then.</summary>
    public string? SoftwareName { get; set; }

    /// <summary>From ApiVersions version 3 on; null until then.</summary>
    public string? SoftwareVersion { get; set; }

    /// <summary>
    /// Ends when the appends of all Produce requests so far have been started; those of the next one follow, so that
    /// batches are stored in the order they were sent.
    /// </summary>
    public Task AppendsStarted { get; set; } = Task.CompletedTask;

    /// <summary>Throttles the client at least until then. Any thread.</summary>
    public void Throttle(long until)
    {
        var seen = Volatile.Read(ref _throttledUntil);
        while (seen < until)
        {
            var before = Interlocked.CompareExchange(ref _throttledUntil, until, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    public override string ToString()
        => $"{ClientId ?? "?"} ({SoftwareName ?? "unknown"} {SoftwareVersion ?? "?"}) at {Remote}";
}
