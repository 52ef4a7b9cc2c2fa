using Azure;
using Azure.Identity;

namespace OrleansStream.AzureStorage;

/// <summary>Turns what the Azure libraries throw into the <see cref="IOException"/> that the ports promise.</summary>
internal static class StorageFault
{
    /// <summary>Whether the exception tells of the storage, not of a caller who cancelled or of a bug.</summary>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or AuthenticationFailedException or AggregateException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // A try that timed out.
        _ => false,
    };

    /// <summary>Whether the request may have been carried out although it failed.</summary>
    /// <remarks>
    /// A failed condition counts: the request may be the second try of one whose reply was lost.
    /// </remarks>
    public static bool IsUnclear(Exception exception) => exception switch
    {
        RequestFailedException e => e.Status is 0 or 408 or 409 or 412 or >= 500,
        AuthenticationFailedException => false,
        _ => true,
    };

    public static IOException ToIOException(string name, Exception exception) => exception switch
    {
        RequestFailedException { Status: > 0 } e => new($"{name}: the service answered {e.Status} {e.ErrorCode}.", e),
        AggregateException e => new($"{name}: {FirstLine(e.InnerExceptions[^1])} ({e.InnerExceptions.Count} tries)", e),
        _ => new($"{name}: {FirstLine(exception)}", exception),
    };

    // The lines that follow have headers, and more than a log should.
    private static string FirstLine(Exception exception) => exception.Message.Split('\r', '\n')[0];
}
