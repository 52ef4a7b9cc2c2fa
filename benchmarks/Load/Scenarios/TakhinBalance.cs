using System.Text;
using OrleansStream.Load.Reporting;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// How far the fullest and the emptiest partition lie from the mean when keys are hashed over partitions.
/// </summary>
internal static class TakhinBalance
{
    private const int Keys = 200_000;

    public static Task RunAsync(LoadRun run)
    {
        foreach (var partitions in (int[])[4, 8, 16, 32])
        {
            run.Add(new Figure($"takhin-balance/{partitions}", Imbalance(partitions), "%"));
        }

        return Task.CompletedTask;
    }

    private static double Imbalance(int partitions)
    {
        var counts = new int[partitions];
        for (var i = 0; i < Keys; i++)
        {
            counts[Murmur2.Partition(Encoding.UTF8.GetBytes($"key-{i}"), partitions)]++;
        }

        WrongResultException.ThrowUnlessEqual(Keys, counts.Sum(), "Keys placed");
        var mean = (double)Keys / partitions;
        return counts.Max(count => Math.Abs(count - mean)) / mean * 100;
    }
}
