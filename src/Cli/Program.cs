using OrleansStream.Cli;
using OrleansStream.Cli.Terminals;

using var terminal = Terminal.OfProcess();
return await Ostream.InvokeAsync(args, terminal);
