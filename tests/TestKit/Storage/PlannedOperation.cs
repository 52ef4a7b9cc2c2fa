namespace OrleansStream.TestKit.Storage;

/// <summary>An operation that was counted: how it fails, or nothing if it does not.</summary>
internal readonly record struct PlannedOperation(Fault? Fault, IOException? Failure, Random? Random)
{
    /// <summary>Does an operation that is done whole or not at all, or fails it as planned.</summary>
    public async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> operation)
    {
        if (Failure is null)
        {
            return await operation();
        }

        if (Fault == Storage.Fault.LostReply)
        {
            await operation();
        }

        throw Failure;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public async ValueTask RunAsync(Func<ValueTask> operation)
        => await RunAsync(async () =>
        {
            await operation();
            return true;
        });
}
