using System.Net;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Says who changed what, or was refused to, as one event for each change.</summary>
/// <remarks>
/// In a category of its own, so that the events can be sent to a place of their own. Principal, client id, address,
/// action, resource, detail and result are fields of the event, not only words of its text.
/// </remarks>
internal sealed partial class AuditLog(ILoggerFactory loggers)
{
    public const string Category = "OrleansStream.Audit";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    /// <param name="action">A verb and a kind of thing, such as <c>create topic</c>.</param>
    /// <param name="resource">The name of the thing.</param>
    /// <param name="detail">What about it; empty when the action says it all.</param>
    public void Record(in KafkaCall call, string action, string resource, ErrorCode result, string detail = "")
    {
        var client = call.Client;
        if (result == ErrorCode.None)
        {
            LogDone(client.Principal, client.ClientId, client.Remote, action, resource, detail);
        }
        else
        {
            LogRefused(client.Principal, client.ClientId, client.Remote, action, resource, detail, result);
        }
    }

    [LoggerMessage(
        4101, LogLevel.Information, "{Principal} ({ClientId} at {Remote}): {Action} '{Resource}' {Detail}: done.")]
    private partial void LogDone(
        string principal, string? clientId, EndPoint? remote, string action, string resource, string detail);

    [LoggerMessage(
        4102, LogLevel.Warning, "{Principal} ({ClientId} at {Remote}): {Action} '{Resource}' {Detail}: {Result}.")]
    private partial void LogRefused(
        string principal,
        string? clientId,
        EndPoint? remote,
        string action,
        string resource,
        string detail,
        ErrorCode result);
}
