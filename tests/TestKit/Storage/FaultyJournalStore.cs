using System.Collections.Concurrent;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.TestKit.Storage;

/// <summary>Journal files in memory that know which of their bytes would survive a power cut.</summary>
internal sealed class FaultyJournalStore(FaultPlan plan) : IJournalStore
{
    private readonly MemoryJournalStore _files = new();
    private readonly ConcurrentDictionary<string, int> _durableBytes = new(StringComparer.Ordinal);

    /// <summary>A store that begins with what a crash left.</summary>
    public static async Task<FaultyJournalStore> FromAsync(FaultPlan plan, IEnumerable<JournalRemains> remains)
    {
        var store = new FaultyJournalStore(plan);
        foreach (var file in remains)
        {
            await using var writer = await store._files.CreateAsync(file.Name, CancellationToken.None);
            await writer.AppendAsync(0, file.Bytes, CancellationToken.None);
            store._durableBytes[file.Name] = file.DurableBytes;
        }

        return store;
    }

    /// <summary>All files as they are, in ordinal order.</summary>
    public async Task<IReadOnlyList<JournalRemains>> CopyAsync()
    {
        var files = new List<JournalRemains>();
        foreach (var name in await _files.ListAsync(CancellationToken.None))
        {
            await using var reader = await _files.OpenAsync(name, CancellationToken.None);
            var bytes = new byte[reader.LengthBytes];
            await reader.ReadAsync(0, bytes, CancellationToken.None);
            files.Add(new JournalRemains(name, bytes, _durableBytes.GetValueOrDefault(name)));
        }

        return files;
    }

    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var file = await plan.Begin($"create journal {name}")
            .RunAsync(() => _files.CreateAsync(name, cancellationToken));
        return new FaultyJournalWriter(plan, name, file, durableBytes => _durableBytes[name] = durableBytes);
    }

    public ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return _files.OpenAsync(name, cancellationToken);
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return _files.ListAsync(cancellationToken);
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
        => await plan.Begin($"delete journal {name}").RunAsync(async () =>
        {
            await _files.DeleteAsync(name, cancellationToken);
            _durableBytes.TryRemove(name, out _);
        });
}
