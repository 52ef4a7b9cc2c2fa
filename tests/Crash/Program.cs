using System.CommandLine;
using OrleansStream.Crash;

// Kills a silo again and again under load, and checks after each restart that it kept what it had promised.
var kills = new Option<int>("--kills") { Description = "How often the silo is killed.", DefaultValueFactory = _ => 50 };
var seed = new Option<int>("--seed")
{
    Description = "Decides what is done, though not to the microsecond when. By default another one each time.",
    DefaultValueFactory = _ => Environment.TickCount & 0xFFFF,
};
var data = new Option<DirectoryInfo?>("--data")
{
    Description = "An empty or missing directory for the silo's data. By default a temporary one.",
};
var azurite = new Option<bool>("--azurite")
{
    Description = "Keep the data in Azurite, and cut off, delay and garble the connections to it meanwhile.",
};

// It is deleted in the end, so nothing may be in it that is not the run's own.
data.Validators.Add(result =>
{
    if (result.GetValueOrDefault<DirectoryInfo?>() is { Exists: true } found && found.EnumerateFileSystemInfos().Any())
    {
        result.AddError($"--data: {found.FullName} is not empty.");
    }
});
var command = new RootCommand("Kills a silo under load and checks that nothing acknowledged is lost.")
{
    kills,
    seed,
    data,
    azurite,
};
command.SetAction((parsed, _) => CrashRun.RunAsync(
    new CrashOptions(
        parsed.GetValue(kills), parsed.GetValue(seed), parsed.GetValue(data)?.FullName, parsed.GetValue(azurite)),
    Console.WriteLine));
return await command.Parse(args).InvokeAsync();
