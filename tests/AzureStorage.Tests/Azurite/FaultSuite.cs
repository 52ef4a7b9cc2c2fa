using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Tests.Azurite;

/// <summary>An empty storage on Azurite, reached over a network that can be made to fail.</summary>
public abstract class FaultSuite : IAsyncLifetime
{
    private const int Retries = 3;

    protected static readonly CancellationToken None = CancellationToken.None;

    private AzureStore _store = null!; // Set by InitializeAsync.

    /// <summary>What a request and all its retries may suffer although it was carried out, or will be.</summary>
    public static TheoryData<string> Survivable => new(
        $"{Fate.Lost}", $"{Fate.ReplyLost}", $"{Fate.DoneAndFailed}", $"{Fate.Busy}", $"{Fate.ReplyLate}",
        $"{Fate.ReplyLost},{Fate.Busy},{Fate.Busy},{Fate.Lost}");

    internal FaultyTransport Network { get; } = new();

    protected AzuriteFixture Fixture { get; } = new();

    protected IStorage Storage => _store;

    public async Task InitializeAsync() => _store = await Fixture.OpenAsync(Network, retries: Retries);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    internal static Fate[] Parse(string fates) => [.. fates.Split(',').Select(Enum.Parse<Fate>)];

    /// <summary>What no number of retries gets over.</summary>
    internal static IEnumerable<Fate> AllTries(Fate fate) => Enumerable.Repeat(fate, Retries + 1);

    protected static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
