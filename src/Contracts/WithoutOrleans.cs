namespace OrleansStream.Contracts;

// Stand-ins for Orleans' attributes, compiled only where Orleans is not part of the build.

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
internal sealed class GenerateSerializerAttribute : Attribute;

[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
internal sealed class IdAttribute(uint id) : Attribute
{
    public uint Id => id;
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class AliasAttribute(string alias) : Attribute
{
    public string Alias => alias;
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class ImmutableAttribute : Attribute;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    public string Timeout => timeout;
}
