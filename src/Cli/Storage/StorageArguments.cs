using System.CommandLine;
using OrleansStream.AzureStorage;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;

namespace OrleansStream.Cli.Storage;

/// <summary>Storages as they are named on the command line.</summary>
internal static class StorageArguments
{
    public static Argument<string> Create(string name, string description)
    {
        var argument = new Argument<string>(name)
        {
            Description = $"{description}: local:DIR, or azure:CONNECTION (a connection string or the account's URL).",
        };
        argument.Validators.Add(result =>
        {
            if (!StorageLocation.TryParse(result.Tokens[0].Value, out var location)
                || location.Kind == StorageKind.Memory)
            {
                result.AddError($"{name} is neither local:DIR nor azure:CONNECTION."); // Not quoted: it may hold a key.
            }
        });
        return argument;
    }

    /// <summary>Opens a storage for this process alone.</summary>
    /// <param name="mayBeNew">Whether a directory that is not there is made.</param>
    public static async Task<IStorage> OpenAsync(
        Session session, Argument<string> argument, bool mayBeNew, CancellationToken cancellationToken)
    {
        var location = StorageLocation.Parse(session.Parsed.GetValue(argument)!);
        if (location.Kind == StorageKind.Azure)
        {
            var account = AzureAccount.Parse(location.Place);
            return await AzureStore.OpenAsync(account, new(), session.Terminal.Time, cancellationToken);
        }

        return mayBeNew || Directory.Exists(location.Place)
            ? await LocalStorage.OpenAsync(location.Place, JournalSync.Always, cancellationToken)
            : throw new CommandException(ExitCode.BadData, $"There is no directory {location.Place}.");
    }
}
