using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Client.Tests;

/// <summary>One silo for all tests of a class, each of which uses topics of its own.</summary>
public sealed class RunningSilo : IClientFixture, IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private SiloProcess? _process;

    public string Address => _process!.KafkaAddress;

    public StreamClient Client => StreamClient.Connect(Address);

    public async Task InitializeAsync() => _process = await SiloProcess.StartAsync(_data.Path);

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    public void Dispose() => _data.Dispose();
}
