using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Crash.Model;

/// <summary>What the catalog was told of one topic name, and what it promised.</summary>
/// <remarks>
/// Changes are made one at a time, by one caller: each is begun, and then either answered or left open. What was left
/// open was made or was not, and the next verification finds out which.
/// </remarks>
internal sealed class TrackedTopic(string name, int partitionCount, IReadOnlyDictionary<string, string> configs)
{
    private readonly List<TrackedPartition> _partitions = [];
    private readonly List<Guid> _formerIds = [];
    private Dictionary<string, string> _configs = [];
    private Guid? _id;
    private Change _pending;
    private (string Name, string Value) _pendingConfig;

    private enum Change
    {
        None,
        Create,
        Delete,
        Grow,
        SetConfig,
    }

    public string Name => name;

    /// <summary>What it is created with.</summary>
    public int InitialPartitionCount => partitionCount;

    /// <summary>What it is created with.</summary>
    public IReadOnlyDictionary<string, string> InitialConfigs => configs;

    /// <summary>Whether it exists, as far as is known.</summary>
    public bool Exists => _id is not null;

    /// <summary>Empty when it does not exist.</summary>
    public IReadOnlyList<TrackedPartition> Partitions => _partitions;

    /// <summary>The ids of its former lives, oldest first; none of them may come back.</summary>
    public IReadOnlyList<Guid> FormerIds => _formerIds;

    public void BeginCreate() => _pending = Change.Create;

    public void EndCreate(Guid id)
    {
        _pending = Change.None;
        if (_formerIds.Contains(id))
        {
            throw Violation($"was created with id {id}, which a former topic of this name had");
        }

        _id = id;
        _configs = new(configs);
        AddPartitions(partitionCount);
    }

    public void BeginDelete() => _pending = Change.Delete;

    public void EndDelete()
    {
        _pending = Change.None;
        _formerIds.Add(_id!.Value);
        _id = null;
        _partitions.Clear();
    }

    /// <summary>One more partition is about to be added.</summary>
    public void BeginGrow() => _pending = Change.Grow;

    public void EndGrow()
    {
        _pending = Change.None;
        AddPartitions(_partitions.Count + 1);
    }

    public void BeginSetConfig(string config, string value)
        => (_pending, _pendingConfig) = (Change.SetConfig, (config, value));

    public void EndSetConfig()
    {
        _pending = Change.None;
        _configs[_pendingConfig.Name] = _pendingConfig.Value;
    }

    /// <summary>Compares what a restarted silo knows of the topic with what it may and must know.</summary>
    /// <param name="found">Null when it knows no such topic.</param>
    /// <param name="foundConfigs">What was set for the topic itself.</param>
    /// <exception cref="ViolationException">They differ.</exception>
    public void Verify(MetadataTopic? found, Dictionary<string, string?> foundConfigs)
    {
        if (found is null)
        {
            VerifyAbsence();
            return;
        }

        if (_id is null)
        {
            VerifyAppearance(found.Id);
        }

        if (found.Id != _id)
        {
            throw Violation($"has id {found.Id}, but was created with {_id}");
        }

        if (_pending == Change.Grow && found.Partitions.Count == _partitions.Count + 1)
        {
            EndGrow();
        }

        if (found.Partitions.Count != _partitions.Count)
        {
            throw Violation($"has {found.Partitions.Count} partitions instead of {_partitions.Count}");
        }

        VerifyConfigs(foundConfigs);
        _pending = Change.None;
    }

    private void VerifyAbsence()
    {
        if (_pending == Change.Delete)
        {
            EndDelete();
        }

        if (_id is not null)
        {
            throw Violation("is gone");
        }

        _pending = Change.None;
    }

    private void VerifyAppearance(Guid id)
    {
        if (_pending != Change.Create)
        {
            throw Violation($"is there, though it was deleted, with id {id}");
        }

        EndCreate(id);
    }

    private void VerifyConfigs(Dictionary<string, string?> found)
    {
        if (_pending == Change.SetConfig && found.GetValueOrDefault(_pendingConfig.Name) == _pendingConfig.Value)
        {
            EndSetConfig();
        }

        if (found.Count != _configs.Count || found.Any(pair => _configs.GetValueOrDefault(pair.Key) != pair.Value))
        {
            throw Violation($"has the configuration {Describe(found!)} instead of {Describe(_configs)}");
        }
    }

    private void AddPartitions(int count)
    {
        while (_partitions.Count < count)
        {
            _partitions.Add(new TrackedPartition(name, _partitions.Count, configs.ContainsKey("retention.bytes")));
        }
    }

    private static string Describe(IEnumerable<KeyValuePair<string, string>> configs)
        => string.Join(", ", configs.Select(config => $"{config.Key}={config.Value}").Order());

    private ViolationException Violation(string what) => new($"Topic {name} {what}.");
}
