using OrleansStream.Silo.Hosting;

return await CommandLine.InvokeAsync(args, SiloProgram.RunAsync, Console.Out, Console.Error);
