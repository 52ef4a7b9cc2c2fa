using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Hosting.Coordination;

/// <summary>A call on its way through a <see cref="GroupCoordinator"/>. Used by the coordinator's loop alone.</summary>
internal abstract class GroupCall
{
    /// <param name="waiting">Holds the call until it is answered.</param>
    public abstract void Run(GroupPartition groups, Moment now, HashSet<GroupCall> waiting);

    public abstract void Refuse(StreamError error);
}

/// <summary>A call with an answer.</summary>
/// <param name="run">Does what is asked; answers now or leaves it to the groups.</param>
/// <param name="refuse">The answer to a call that cannot be carried out.</param>
internal sealed class GroupCall<TReply>(
    Action<GroupCall<TReply>, GroupPartition, Moment> run, Func<StreamError, TReply> refuse)
    : GroupCall, IGroupCall<TReply>
{
    private readonly TaskCompletionSource<TReply> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HashSet<GroupCall>? _waiting;

    public Task<TReply> Answered => _answered.Task;

    public override void Run(GroupPartition groups, Moment now, HashSet<GroupCall> waiting)
    {
        _waiting = waiting;
        waiting.Add(this);
        run(this, groups, now);
    }

    public override void Refuse(StreamError error) => Answer(refuse(error));

    public void Answer(TReply reply)
    {
        _waiting?.Remove(this);
        _answered.SetResult(reply);
    }
}

/// <summary>Has the loop look at the time.</summary>
internal sealed class GroupWakeUp : GroupCall
{
    public override void Run(GroupPartition groups, Moment now, HashSet<GroupCall> waiting)
    {
    }

    public override void Refuse(StreamError error)
    {
    }
}
