using System.Globalization;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Shows the configuration of topics and of this node, and changes that of topics.</summary>
internal sealed class ConfigsApi(
    ICluster cluster, BrokerConfigs brokerConfigs, AccessControl control, AuditLog audit)
{
    public async ValueTask<DescribeConfigsResponse> DescribeAsync(DescribeConfigsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var described = new List<DescribedResource>(request.Resources.Count);

        // Each once: a small request that repeats one would otherwise have a huge answer.
        foreach (var resource in request.Resources.DistinctBy(resource => (resource.Type, resource.Name)))
        {
            var found = resource.Type switch
            {
                ConfigResourceType.Topic or ConfigResourceType.Broker when FindDenial(
                    resource.Type, resource.Name, access) is { } denial => Found.Nothing(denial, null),
                ConfigResourceType.Topic => await FindTopicConfigsAsync(resource.Name, call.Closed),
                ConfigResourceType.Broker => await FindBrokerConfigsAsync(resource.Name, call.Closed),
                _ => Found.Nothing(ErrorCode.InvalidRequest, $"{resource.Type} resources have no configuration."),
            };
            var configs = found.Configs
                .Where(config => resource.ConfigNames?.Contains(config.Name) ?? true)
                .Select(config => config with
                {
                    Synonyms = request.IncludeSynonyms ? config.Synonyms : [],
                    Documentation = request.IncludeDocumentation ? config.Documentation : null,
                });
            described.Add(
                new DescribedResource(found.Error, found.Message, resource.Type, resource.Name, [.. configs]));
        }

        return new DescribeConfigsResponse(described);
    }

    public async ValueTask<IncrementalAlterConfigsResponse> AlterAsync(
        IncrementalAlterConfigsRequest request, KafkaCall call)
        => new(await AlterAsync(request.Resources, request.ValidateOnly, call));

    public async ValueTask<AlterConfigsResponse> ReplaceAsync(AlterConfigsRequest request, KafkaCall call)
        => new(await AlterAsync([.. request.Resources.Select(ToChanges)], request.ValidateOnly, call));

    private static ErrorCode? FindDenial(ConfigResourceType type, string name, Access access)
        => type == ConfigResourceType.Topic
            ? access.ToTopic(name) ? null : ErrorCode.TopicAuthorizationFailed
            : access.ToCluster() ? null : ErrorCode.ClusterAuthorizationFailed;

    private async ValueTask<Found> FindTopicConfigsAsync(string name, CancellationToken closed)
        => await cluster.Topics.FindAsync(name, closed) is { } topic
            ? new Found(ErrorCode.None, null, TopicConfigs.List(topic))
            : Found.Nothing(ErrorCode.UnknownTopicOrPartition, "There is no such topic.");

    // The empty name stands for what is configured for all nodes together, which is nothing.
    private async ValueTask<Found> FindBrokerConfigsAsync(string name, CancellationToken closed)
    {
        if (name.Length == 0)
        {
            return new Found(ErrorCode.None, null, []);
        }

        var description = await cluster.DescribeAsync(closed);
        return name == description.NodeId.ToString(CultureInfo.InvariantCulture)
            ? new Found(ErrorCode.None, null, brokerConfigs.List(description.NodeId))
            : Found.Nothing(ErrorCode.InvalidRequest, $"This is node {description.NodeId}, not '{name}'.");
    }

    private async ValueTask<AlteredResource[]> AlterAsync(
        IReadOnlyList<AlterableResource> resources, bool validateOnly, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var altered = new List<AlteredResource>(resources.Count);
        var counts = resources.CountBy(resource => (resource.Type, resource.Name)).ToDictionary();
        foreach (var resource in resources)
        {
            var refusal = FindDenial(resource.Type, resource.Name, access) is { } denial ? (denial, null)
                : counts[(resource.Type, resource.Name)] > 1
                    ? (ErrorCode.InvalidRequest, "The resource occurs more than once in the request.")
                : Refusal(resource);
            var (error, message) = refusal ?? await AlterAsync(resource, validateOnly, call.Closed);
            altered.Add(new AlteredResource(error, message, resource.Type, resource.Name));
            if (!validateOnly)
            {
                var names = string.Join(", ", resource.Configs.Select(config => $"{config.Operation} {config.Name}"));
                audit.Record(call, "alter configs", $"{resource.Type} {resource.Name}", error, names);
            }
        }

        return [.. altered];
    }

    private async ValueTask<(ErrorCode Error, string? Message)> AlterAsync(
        AlterableResource resource, bool validateOnly, CancellationToken closed)
    {
        var changes = resource.Configs.Select(config => new ConfigChange(
            config.Name, config.Operation == ConfigOperation.Set ? config.Value : null));
        var reply = await cluster.Topics.AlterConfigsAsync(resource.Name, [.. changes], validateOnly, closed);
        return (reply.Error.ToControllerErrorCode(), reply.Message);
    }

    // What is not named goes back to its default; so nothing has to be read first, and all changes at once.
    private static AlterableResource ToChanges(ReplacedResource resource) => new(
        resource.Type,
        resource.Name,
        [
            .. resource.Configs.Select(config => new AlterableConfig(config.Name, ConfigOperation.Set, config.Value)),
            .. TopicConfig.Definitions
                .ExceptBy(resource.Configs.Select(config => config.Name), definition => definition.Name)
                .Select(definition => new AlterableConfig(definition.Name, ConfigOperation.Delete, Value: null)),
        ]);

    private static (ErrorCode Error, string? Message)? Refusal(AlterableResource resource)
    {
        if (resource.Type != ConfigResourceType.Topic)
        {
            return (ErrorCode.InvalidRequest, $"The configuration of {resource.Type} resources cannot be changed.");
        }

        if (InternalTopics.Includes(resource.Name))
        {
            return (InternalTopics.Refusal, InternalTopics.Message);
        }

        var names = new HashSet<string>();
        foreach (var (name, operation, value) in resource.Configs)
        {
            if (!names.Add(name))
            {
                return (ErrorCode.InvalidRequest, $"The configuration '{name}' occurs more than once.");
            }

            switch (operation)
            {
                case ConfigOperation.Set when value is null:
                    return (ErrorCode.InvalidRequest, $"The configuration '{name}' has no value to set.");
                case ConfigOperation.Append or ConfigOperation.Subtract:
                    return (ErrorCode.InvalidConfig, $"The configuration '{name}' can only be set as a whole.");
                case not (ConfigOperation.Set or ConfigOperation.Delete):
                    return (ErrorCode.InvalidRequest, $"There is no operation {operation}.");
            }
        }

        return null;
    }

    private readonly record struct Found(ErrorCode Error, string? Message, IEnumerable<DescribedConfig> Configs)
    {
        public static Found Nothing(ErrorCode error, string? message) => new(error, message, []);
    }
}
