namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What answers requests about records and where they are.</summary>
internal sealed record RecordApis(ProduceApi Produce, FetchApi Fetch, OffsetsApi Offsets);
