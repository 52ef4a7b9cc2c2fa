namespace OrleansStream.Engine.Groups;

/// <summary>A call that a group may leave unanswered for a while. Answered once.</summary>
internal interface IGroupCall<in TReply>
{
    void Answer(TReply reply);
}
