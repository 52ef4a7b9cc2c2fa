using System.Globalization;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>Checks what the members of a group did with a topic, from the lines they printed.</summary>
/// <remarks>The lines are described in <c>python/consume_group.py</c>.</remarks>
internal static class GroupLedger
{
    private const long NothingCommitted = -1001;

    /// <summary>
    /// No member started before what was committed last, or after what was not read yet; and all of it was read.
    /// </summary>
    /// <param name="lines">Of all members together.</param>
    /// <param name="counts">How many records each partition has.</param>
    public static void AssertNothingLost(IEnumerable<string> lines, IReadOnlyList<long> counts)
    {
        var committed = new long[counts.Count];
        var read = new long[counts.Count];
        foreach (var words in lines.Select(line => line.Split(' ')).OrderBy(words => Number(words[0])))
        {
            switch (words[1])
            {
                case "starts":
                    var start = Math.Max(0, Number(words[3]));
                    Assert.True(Number(words[3]) >= 0 || Number(words[3]) == NothingCommitted);
                    Assert.InRange(start, committed[Number(words[2])], read[Number(words[2])]);
                    break;
                case "read":
                    var partition = Number(words[2]);
                    Assert.True(Number(words[3]) <= read[partition], $"Skipped before: {string.Join(' ', words)}");
                    read[partition] = Math.Max(read[partition], Number(words[4]) + 1);
                    break;
                case "committed":
                    committed[Number(words[2])] = Number(words[3]);
                    break;
            }
        }

        Assert.Equal(counts, read);
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
