namespace OrleansStream.Contracts;

/// <summary>What kind of thing an ACL is about. The numbers are Kafka's.</summary>
public enum AclResourceType
{
    Unknown = 0,

    /// <summary>In filters only: any of the others.</summary>
    Any = 1,
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
    DelegationToken = 6,
    User = 7,
}

/// <summary>How the name of an ACL is compared with a resource's. The numbers are Kafka's.</summary>
public enum AclPatternType
{
    Unknown = 0,

    /// <summary>In filters only: whatever the pattern is.</summary>
    Any = 1,

    /// <summary>In filters only: every pattern that applies to the resource of that name.</summary>
    Match = 2,

    /// <summary>The same name; <c>*</c> stands for every name.</summary>
    Literal = 3,

    /// <summary>The beginning of the name.</summary>
    Prefixed = 4,
}

/// <summary>What can be done to a resource. The numbers are Kafka's.</summary>
public enum AclOperation
{
    Unknown = 0,

    /// <summary>In filters only: whatever the operation is.</summary>
    Any = 1,

    /// <summary>Everything that can be done.</summary>
    All = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
}

/// <summary>Whether an ACL lets or forbids. The numbers are Kafka's.</summary>
public enum AclPermission
{
    Unknown = 0,

    /// <summary>In filters only: either.</summary>
    Any = 1,
    Deny = 2,
    Allow = 3,
}

/// <summary>One rule: who, from where, may or may not do what, to which resources.</summary>
/// <param name="Principal">Such as <c>User:alice</c>; <c>User:*</c> is everybody.</param>
/// <param name="Host">An IP address; <c>*</c> is every address.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.AclBinding")]
public sealed record AclBinding(
    [property: Id(0)] AclResourceType ResourceType,
    [property: Id(1)] string ResourceName,
    [property: Id(2)] AclPatternType PatternType,
    [property: Id(3)] string Principal,
    [property: Id(4)] string Host,
    [property: Id(5)] AclOperation Operation,
    [property: Id(6)] AclPermission Permission)
{
    /// <summary>The name that stands for every resource, the principal's name for everybody, every host.</summary>
    public const string Wildcard = "*";

    /// <summary>The only name of a resource of type <see cref="AclResourceType.Cluster"/>.</summary>
    public const string ClusterName = "kafka-cluster";

    /// <summary>The longest name, principal or host, in characters.</summary>
    public const int MaxTextLength = 1_024;

    /// <summary>Whether the rule is about a resource of that name.</summary>
    public bool AppliesTo(string name) => PatternType == AclPatternType.Prefixed
        ? name.StartsWith(ResourceName, StringComparison.Ordinal)
        : ResourceName == name || ResourceName == Wildcard;
}

/// <summary>Chooses rules: null, and the members named Any, choose all.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.AclFilter")]
public sealed record AclFilter(
    [property: Id(0)] AclResourceType ResourceType,
    [property: Id(1)] string? ResourceName,
    [property: Id(2)] AclPatternType PatternType,
    [property: Id(3)] string? Principal,
    [property: Id(4)] string? Host,
    [property: Id(5)] AclOperation Operation,
    [property: Id(6)] AclPermission Permission)
{
    public bool Matches(AclBinding binding)
        => (ResourceType == AclResourceType.Any || ResourceType == binding.ResourceType)
            && MatchesPattern(binding)
            && (Principal is null || Principal == binding.Principal)
            && (Host is null || Host == binding.Host)
            && (Operation == AclOperation.Any || Operation == binding.Operation)
            && (Permission == AclPermission.Any || Permission == binding.Permission);

    private bool MatchesPattern(AclBinding binding) => PatternType switch
    {
        AclPatternType.Any => ResourceName is null || ResourceName == binding.ResourceName,
        AclPatternType.Match => ResourceName is null || binding.AppliesTo(ResourceName),
        _ => PatternType == binding.PatternType && (ResourceName is null || ResourceName == binding.ResourceName),
    };
}
