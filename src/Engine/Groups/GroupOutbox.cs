namespace OrleansStream.Engine.Groups;

/// <summary>What groups want done: records to be stored, and answers to be given once they are.</summary>
/// <remarks>
/// Memory is changed first and stored after, so an answer must wait for every record written before it, its own or
/// not: then nobody is ever told what a crash could undo.
/// </remarks>
internal sealed class GroupOutbox
{
    private readonly List<GroupRecord> _records = [];
    private readonly List<Action> _answers = [];

    public IReadOnlyList<GroupRecord> Records => _records;

    public int RecordBytes { get; private set; }

    public void Write(GroupRecord record)
    {
        _records.Add(record);
        RecordBytes += record.Key.Length + (record.Value?.Length ?? 0);
    }

    public void Answer<TReply>(IGroupCall<TReply> call, TReply reply) => _answers.Add(() => call.Answer(reply));

    /// <summary>Gives the answers, now that the records are stored, and begins anew.</summary>
    public void Release()
    {
        _records.Clear();
        RecordBytes = 0;
        foreach (var answer in _answers)
        {
            answer();
        }

        _answers.Clear();
    }
}
