using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka;

/// <summary>How members and admin clients are told that a group cannot be reached now.</summary>
/// <remarks>
/// The codes are those on which every client looks for the coordinator again and then repeats its request; on those
/// that partitions use, some clients give up.
/// </remarks>
public static class GroupErrors
{
    public static ErrorCode ToGroupErrorCode(this StreamError error) => error switch
    {
        StreamError.NotHosted => ErrorCode.NotCoordinator,
        StreamError.StorageFailed or StreamError.TimedOut => ErrorCode.CoordinatorNotAvailable,
        _ => error.ToErrorCode(),
    };

    /// <summary>For OffsetFetch, where the Java client takes only one of the codes for a passing one.</summary>
    public static ErrorCode ToOffsetFetchErrorCode(this StreamError error)
        => error.ToGroupErrorCode() is ErrorCode.CoordinatorNotAvailable
            ? ErrorCode.NotCoordinator
            : error.ToGroupErrorCode();

    /// <summary>For ListGroups, which asks every node and looks for no coordinator.</summary>
    public static ErrorCode ToListGroupsErrorCode(this StreamError error)
        => error.ToGroupErrorCode() is ErrorCode.NotCoordinator
            ? ErrorCode.CoordinatorLoadInProgress
            : error.ToGroupErrorCode();
}
