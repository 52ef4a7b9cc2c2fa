namespace OrleansStream.Crash;

/// <summary>What a run does.</summary>
/// <param name="Seed">Decides what is done to the silo; when exactly a kill hits, the machine decides.</param>
/// <param name="DataDirectory">Null for a temporary one. Deleted when the run found nothing wrong.</param>
/// <param name="OnAzurite">
/// Keep the data in an emulator of Azure storage, and disturb the way there while the silo runs.
/// </param>
public sealed record CrashOptions(int Kills, int Seed, string? DataDirectory = null, bool OnAzurite = false);
