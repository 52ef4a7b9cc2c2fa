namespace OrleansStream.TestKit.Storage;

/// <summary>Counts the operations that change a storage, and says which of them fail.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class FaultPlan(int seed)
{
    private const int InputOutputError = 5;
    private const int NoSpace = 28;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Fault> _faults = [];
    private readonly List<string> _operations = [];

    private (string Prefix, Fault Fault)? _next;
    private Fault? _always;
    private bool _crashed;

    /// <summary>What was asked for so far, in order.</summary>
    public IReadOnlyList<string> Operations
    {
        get
        {
            lock (_lock)
            {
                return [.. _operations];
            }
        }
    }

    public void FailAt(int number, Fault fault)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        lock (_lock)
        {
            _faults[number] = fault;
        }
    }

    public void FailAll(Fault fault)
    {
        lock (_lock)
        {
            _always = fault;
        }
    }

    public void Heal()
    {
        lock (_lock)
        {
            _always = null;
            _faults.Clear();
            _next = null;
        }
    }

    public void FailNext(string prefix, Fault fault)
    {
        lock (_lock)
        {
            _next = (prefix, fault);
        }
    }

    /// <summary>From now on every operation fails: its process is gone.</summary>
    public void Crash()
    {
        lock (_lock)
        {
            _crashed = true;
        }
    }

    public void ThrowIfCrashed()
    {
        lock (_lock)
        {
            if (_crashed)
            {
                throw new IOException("The storage has crashed.", InputOutputError);
            }
        }
    }

    /// <summary>Counts an operation.</summary>
    public PlannedOperation Begin(string operation)
    {
        lock (_lock)
        {
            ThrowIfCrashed();
            _operations.Add(operation);
            var number = _operations.Count;
            if (_next is { } next && operation.StartsWith(next.Prefix, StringComparison.Ordinal))
            {
                _faults[number] = next.Fault;
                _next = null;
            }

            return (_faults.TryGetValue(number, out var planned) ? planned : _always) is { } fault
                ? new(fault, Failure(number, operation, fault), new Random(HashOf(number)))
                : default;
        }
    }

    private static IOException Failure(int number, string operation, Fault fault)
        => fault == Fault.DiskFull
            ? new($"Operation {number}, {operation}: no space left ({fault}).", NoSpace)
            : new($"Operation {number}, {operation}: input/output error ({fault}).", InputOutputError);

    // Depends on nothing but the seed and the operation's number, so that other operations do not change it.
    private int HashOf(int number) => unchecked((seed * 31_337) + number);
}
