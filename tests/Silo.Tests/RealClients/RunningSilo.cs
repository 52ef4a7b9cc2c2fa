using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>One silo for all tests of a class, each of which uses topics of its own.</summary>
public sealed class RunningSilo : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private SiloProcess? _process;

    public string KafkaAddress => _process!.KafkaAddress;

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
