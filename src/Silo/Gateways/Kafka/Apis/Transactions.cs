using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>How transactions, which there are none of, are refused.</summary>
/// <remarks>
/// Nobody may use a transactional id: the one answer that makes every client stop with an error. Others, truer by their
/// name, make librdkafka ask again for ever.
/// </remarks>
internal static class Transactions
{
    public const ErrorCode Refusal = ErrorCode.TransactionalIdAuthorizationFailed;

    public const string Message = "Transactions are not supported.";
}
