return await OrleansStream.Load.LoadProgram.RunAsync(args);
