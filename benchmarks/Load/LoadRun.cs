using OrleansStream.Load.Reporting;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load;

/// <summary>One run of the program: what scenarios may spend, and the figures they found so far.</summary>
internal sealed class LoadRun(LoadOptions options, TextWriter output)
{
    /// <summary>How often a figure and its limit are measured, by turns.</summary>
    public const int RoundCount = 3;

    private readonly List<Figure> _figures = [];

    /// <summary>How long one case runs.</summary>
    public TimeSpan CaseTime => options.CaseTime;

    /// <summary>
    /// How long a case runs before it is measured: a server is long past the compilation of its code, and so is what is
    /// measured here.
    /// </summary>
    public TimeSpan WarmUpTime => options.CaseTime / 2;

    public bool IsFull => options.IsFull;

    public bool IsDryRun => options.IsDryRun;

    /// <summary>How much a consumer of old segments reads.</summary>
    public long ColdBytes => options.ColdBytes;

    public IReadOnlyList<Figure> Figures => _figures;

    /// <summary>Keeps a figure and prints it.</summary>
    public void Add(Figure figure)
    {
        _figures.Add(figure);
        output.WriteLine(FigureText.Describe(figure));
    }

    /// <summary>Says why something is not measured here.</summary>
    public void Skip(string what, string reason) => output.WriteLine($"  {what}: not measured. {reason}");

    /// <summary>
    /// Measures something and its limit by turns, as the machine may be busier at one time than at another, and keeps
    /// the round whose ratio is the median.
    /// </summary>
    /// <param name="roundCount">Fewer than usual where a round takes minutes.</param>
    public async Task<(double Ours, double Limit)> MeasureBesideAsync(
        Func<Task<Throughput>> ours, Func<Task<Throughput>> limit, int roundCount = RoundCount)
    {
        var rounds = new (double Ours, double Limit)[IsDryRun ? 1 : roundCount];
        for (var i = 0; i < rounds.Length; i++)
        {
            var most = (await limit()).PerSecond;
            rounds[i] = ((await ours()).PerSecond, most);
        }

        return rounds.OrderBy(round => round.Ours / round.Limit).ElementAt(rounds.Length / 2);
    }
}
