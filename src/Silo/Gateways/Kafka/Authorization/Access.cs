using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What the sender of a request may do, by the rule of the request's API.</summary>
/// <remarks>To ask about a resource that the API's rule does not name is a bug.</remarks>
internal readonly record struct Access(Caller Caller, ApiRule Rule)
{
    public bool ToTopic(string name) => Caller.May(Rule.Topic!.Value, AclResourceType.Topic, name);

    public bool ToGroup(string id) => Caller.May(Rule.Group!.Value, AclResourceType.Group, id);

    public bool ToCluster() => Caller.May(Rule.Cluster!.Value, AclResourceType.Cluster, AclBinding.ClusterName);

    /// <summary>The same sender under the rule of another API, which the request leads to.</summary>
    public Access As(ApiKey key) => this with { Rule = ApiRules.Of(key) };
}

/// <summary>Finds out what callers may do.</summary>
internal static class AccessOfCalls
{
    /// <summary>Never waits where the rules are kept in this process.</summary>
    public static ValueTask<Access> OfAsync(this AccessControl control, in KafkaCall call)
    {
        var rule = ApiRules.Of(call.Header.ApiKey);
        var identifying = control.IdentifyAsync(call.Client.Principal, call.Client.Remote, call.Closed);
        return identifying.IsCompletedSuccessfully
            ? new(new Access(identifying.Result, rule))
            : AwaitAsync(identifying, rule);

        static async ValueTask<Access> AwaitAsync(ValueTask<Caller> identifying, ApiRule rule)
            => new(await identifying, rule);
    }
}
