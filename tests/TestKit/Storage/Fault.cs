namespace OrleansStream.TestKit.Storage;

/// <summary>How an operation of <see cref="FaultyStorage"/> fails.</summary>
public enum Fault
{
    /// <summary>
    /// An I/O error. An append may have written some bytes first; a flush leaves open which bytes are safe; all else is
    /// not done.
    /// </summary>
    Error,

    /// <summary>
    /// An I/O error halfway. An append leaves its full length with one sector missing; a flush makes some of the bytes
    /// safe; all else is not done.
    /// </summary>
    Torn,

    /// <summary>No room. An append may have written some bytes first; all else is not done.</summary>
    DiskFull,

    /// <summary>The operation is done whole, but the caller is told of an I/O error.</summary>
    LostReply,
}
