using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.TestKit.Storage;

/// <summary>A storage in memory that fails where a test says so, and loses in a crash what a disk could lose.</summary>
/// <remarks>
/// A test runs a scenario once to learn how many operations it has, then again for each of them:
/// <code>
/// for (var n = 1; n &lt;= count; n++)
/// {
///     var storage = new FaultyStorage(seed);
///     storage.FailAt(n, Fault.Error);
///     // run the scenario, whatever becomes of it
///     storage = await storage.CrashAsync(seed);
///     // open again and look
/// }
/// </code>
/// Operations are those that change something: creating, writing, flushing, sealing, committing and deleting files, and
/// table batches. Each is numbered, from 1, when it begins. Thread-safe.
/// </remarks>
public sealed class FaultyStorage : IStorage
{
    private readonly FaultPlan _plan;
    private readonly FaultyJournalStore _journals;
    private readonly FaultySegmentStore _segments;
    private readonly MemoryTableStore _tables;

    /// <param name="seed">Decides how much of a failing write is done.</param>
    public FaultyStorage(int seed)
    {
        _plan = new FaultPlan(seed);
        _journals = new FaultyJournalStore(_plan);
        _segments = new FaultySegmentStore(_plan, new MemorySegmentStore());
        _tables = new MemoryTableStore();
        Tables = new FaultyTableStore(_plan, _tables);
    }

    private FaultyStorage(
        FaultPlan plan, FaultyJournalStore journals, MemorySegmentStore segments, MemoryTableStore tables)
    {
        _plan = plan;
        _journals = journals;
        _segments = new FaultySegmentStore(plan, segments);
        _tables = tables;
        Tables = new FaultyTableStore(plan, tables);
    }

    public ISegmentStore Segments => _segments;

    public IJournalStore Journals => _journals;

    public ITableStore Tables { get; }

    /// <summary>What was asked for so far, in order; the first is number 1.</summary>
    public IReadOnlyList<string> Operations => _plan.Operations;

    /// <summary>Makes the operation of this number fail, once.</summary>
    public void FailAt(int number, Fault fault) => _plan.FailAt(number, fault);

    /// <summary>Makes all operations fail from now on.</summary>
    public void FailAll(Fault fault) => _plan.FailAll(fault);

    /// <summary>From now on nothing fails that was meant to.</summary>
    public void Heal() => _plan.Heal();

    /// <summary>Makes the next operation whose description begins so fail, once.</summary>
    public void FailNext(string prefix, Fault fault) => _plan.FailNext(prefix, fault);

    /// <summary>
    /// The storage after a power cut: of unflushed journal bytes a part at most, or all with a sector missing; no
    /// uncommitted segment. From now on every operation of this storage fails.
    /// </summary>
    /// <param name="seed">Decides what becomes of unflushed bytes.</param>
    public Task<FaultyStorage> CrashAsync(int seed)
    {
        var random = new Random(seed);
        return EndAsync(seed, file => file.AfterPowerCut(random));
    }

    /// <summary>
    /// The storage after a kill -9: all journal bytes are there, but a later power cut can still take those not
    /// flushed; no uncommitted segment. From now on every operation of this storage fails.
    /// </summary>
    public Task<FaultyStorage> KillAsync() => EndAsync(seed: 0, file => file);

    /// <summary>Forgets nothing: what was stored can be opened again.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<FaultyStorage> EndAsync(int seed, Func<JournalRemains, JournalRemains> crash)
    {
        _plan.Crash();
        var plan = new FaultPlan(seed);
        var journals = await _journals.CopyAsync();
        return new(
            plan,
            await FaultyJournalStore.FromAsync(plan, journals.Select(crash)),
            await _segments.CopyCommittedAsync(),
            _tables);
    }
}
