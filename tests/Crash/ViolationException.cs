namespace OrleansStream.Crash;

/// <summary>The silo broke a promise. The message says which, with every number needed to look for it.</summary>
public sealed class ViolationException(string message) : Exception(message);
