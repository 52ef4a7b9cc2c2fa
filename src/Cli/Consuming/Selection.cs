using OrleansStream.Cli.Records;
using OrleansStream.Client;

namespace OrleansStream.Cli.Consuming;

/// <summary>Which records are printed.</summary>
/// <param name="Key">Null for any.</param>
/// <param name="Count">How many at most.</param>
internal sealed record Selection(ReadOnlyMemory<byte>? Key, IReadOnlyList<RecordFilter> Filters, long Count)
{
    public bool Contains(scoped in RecordSpan record)
    {
        if (Key is { } key && !(record.HasKey && record.Key.SequenceEqual(key.Span)))
        {
            return false;
        }

        foreach (var filter in Filters)
        {
            if (!filter.Matches(record.Value))
            {
                return false;
            }
        }

        return true;
    }
}
