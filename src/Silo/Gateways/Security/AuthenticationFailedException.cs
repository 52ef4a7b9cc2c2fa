namespace OrleansStream.Silo.Gateways.Security;

/// <summary>
/// Somebody could not prove who they are: the connection ends, once what was written has been sent. The message is for
/// the log and says more than the client was told.
/// </summary>
internal sealed class AuthenticationFailedException(string message, Exception? inner = null)
    : Exception(message, inner);
