using Spectre.Console;

namespace OrleansStream.Cli.Terminals;

/// <summary>Shows how far something is, how fast it goes and when it will be done, to whoever looks.</summary>
internal static class ProgressLine
{
    /// <param name="total">Null where nobody knows it.</param>
    /// <param name="work">Reports how far it is; often, since only the last report is shown.</param>
    public static async Task RunAsync(
        Terminal terminal, bool isShown, string title, double? total, Func<Action<double, string>, Task> work)
    {
        if (!isShown)
        {
            await work((_, _) => { });
            return;
        }

        ProgressColumn[] columns = total is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ElapsedTimeColumn()]
            : [new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left }];
        await terminal.Progress.Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            var task = context.AddTask(Markup.Escape(title), maxValue: total ?? 1);
            task.IsIndeterminate = total is null;
            await work((done, text) =>
            {
                task.Value = total is null ? 0 : done;
                task.Description = Markup.Escape(text);
            });
        });
    }
}
