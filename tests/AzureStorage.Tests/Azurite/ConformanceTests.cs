using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class AzureJournalConformanceTests : JournalConformance<AzuriteFixture>;

[Collection(AzuriteCollection.Name)]
public sealed class AzureSegmentConformanceTests : SegmentConformance<AzuriteFixture>;

[Collection(AzuriteCollection.Name)]
public sealed class AzureTableConformanceTests : TableConformance<AzuriteFixture>;

[Collection(AzuriteCollection.Name)]
public sealed class AzureRestartTests : RestartContract<AzureClusterFixture>;
