namespace OrleansStream.Protocols;

/// <summary>The bytes do not follow their protocol. The message names the field and the value that was wrong.</summary>
public sealed class ProtocolException(string message) : Exception(message);
