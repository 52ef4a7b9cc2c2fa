namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What answers requests about who clients are and what they may do.</summary>
internal sealed record SecurityApis(SaslApi Sasl, AclsApi Acls, CredentialsApi Credentials);
