using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>Says in the ports' words what can become of a call to a grain.</summary>
/// <remarks>
/// A grain that moves or whose silo is lost is an expected outcome that clients retry, not an exception.
/// </remarks>
internal static class GrainCall
{
    public static async ValueTask<TReply> AnswerAsync<TReply>(
        ValueTask<TReply> call, Func<StreamError, string, TReply> refuse)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or SiloUnavailableException)
        {
            return refuse(StreamError.TimedOut, e.Message);
        }
        catch (OrleansMessageRejectionException e)
        {
            return refuse(StreamError.NotHosted, e.Message);
        }
    }
}
