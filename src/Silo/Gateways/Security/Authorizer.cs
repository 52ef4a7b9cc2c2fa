using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Decides who may do what, by the rules at one moment; immutable.</summary>
/// <remarks>
/// Kafka's way: one rule that denies is enough; else one that allows is needed. See
/// https://kafka.apache.org/documentation/#security_authz. What a decision costs grows with the number of prefixes.
/// </remarks>
internal sealed class Authorizer
{
    /// <summary>Whoever has not said who they are.</summary>
    public const string Anonymous = "User:ANONYMOUS";

    private const string Everybody = "User:" + AclBinding.Wildcard;

    private readonly ILookup<(AclResourceType Type, string Name), AclBinding> _literal;
    private readonly ILookup<AclResourceType, AclBinding> _prefixed;
    private readonly IReadOnlySet<string> _superUsers;
    private readonly bool _allowsWithoutRules;

    public Authorizer(IReadOnlyList<AclBinding> rules, IReadOnlySet<string> superUsers, bool allowsWithoutRules)
    {
        Rules = rules;
        _literal = rules
            .Where(rule => rule.PatternType == AclPatternType.Literal)
            .ToLookup(rule => (rule.ResourceType, rule.ResourceName));
        _prefixed = rules
            .Where(rule => rule.PatternType == AclPatternType.Prefixed)
            .ToLookup(rule => rule.ResourceType);
        _superUsers = superUsers;
        _allowsWithoutRules = allowsWithoutRules;
    }

    public IReadOnlyList<AclBinding> Rules { get; }

    public bool Allows(string principal, string host, AclOperation operation, AclResourceType type, string name)
    {
        if (_superUsers.Contains(principal))
        {
            return true;
        }

        var hasRules = false;
        var isAllowed = false;
        foreach (var rule in RulesAbout(type, name))
        {
            hasRules = true;
            if (!IsFor(rule, principal, host))
            {
                continue;
            }

            if (rule.Permission == AclPermission.Deny && Covers(rule.Operation, operation))
            {
                return false;
            }

            isAllowed |= rule.Permission == AclPermission.Allow
                && (Covers(rule.Operation, operation) || Implies(rule.Operation, operation));
        }

        return isAllowed || (!hasRules && _allowsWithoutRules);
    }

    /// <summary>Whether there can be a resource of that type that the principal may do it to.</summary>
    public bool AllowsSomewhere(string principal, string host, AclOperation operation, AclResourceType type)
    {
        if (_superUsers.Contains(principal))
        {
            return true;
        }

        var rules = Rules
            .Where(rule => rule.ResourceType == type
                && Covers(rule.Operation, operation)
                && IsFor(rule, principal, host))
            .ToList();
        var denied = rules.Where(rule => rule.Permission == AclPermission.Deny).ToList();
        return denied.Exists(IsForEveryName) ? false
            : _allowsWithoutRules
                || rules.Exists(rule => rule.Permission == AclPermission.Allow && !denied.Exists(Contains(rule)));
    }

    private IEnumerable<AclBinding> RulesAbout(AclResourceType type, string name)
        => _literal[(type, name)]
            .Concat(name == AclBinding.Wildcard ? [] : _literal[(type, AclBinding.Wildcard)])
            .Concat(_prefixed[type].Where(rule => rule.AppliesTo(name)));

    private static bool IsFor(AclBinding rule, string principal, string host)
        => (rule.Principal == principal || rule.Principal == Everybody)
            && (rule.Host == host || rule.Host == AclBinding.Wildcard);

    private static bool Covers(AclOperation ruled, AclOperation wanted)
        => ruled == wanted || ruled == AclOperation.All;

    /// <summary>Whoever may change or use a thing may also see it. What is denied implies nothing.</summary>
    private static bool Implies(AclOperation allowed, AclOperation wanted) => wanted switch
    {
        AclOperation.Describe => allowed
            is AclOperation.Read or AclOperation.Write or AclOperation.Delete or AclOperation.Alter,
        AclOperation.DescribeConfigs => allowed == AclOperation.AlterConfigs,
        _ => false,
    };

    private static bool IsForEveryName(AclBinding rule)
        => rule.PatternType == AclPatternType.Literal && rule.ResourceName == AclBinding.Wildcard;

    /// <summary>Whether a denial is about all that a rule is about.</summary>
    private static Predicate<AclBinding> Contains(AclBinding rule) => denial => denial.PatternType switch
    {
        AclPatternType.Prefixed => denial.AppliesTo(rule.ResourceName) && !IsForEveryName(rule),
        _ => rule.PatternType == AclPatternType.Literal && denial.ResourceName == rule.ResourceName,
    };
}
