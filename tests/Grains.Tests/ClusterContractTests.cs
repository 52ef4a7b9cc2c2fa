using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Grains.Tests;

public sealed class GrainTopicTests : TopicContract<OrleansFixture>;

public sealed class GrainAppendTests : AppendContract<OrleansFixture>;

public sealed class GrainFetchTests : FetchContract<OrleansFixture>;

public sealed class GrainOffsetTests : OffsetContract<OrleansFixture>;

public sealed class GrainRestartTests : RestartContract<OrleansFixture>;

public sealed class GrainQuotaTests : QuotaContract<OrleansFixture>;

public sealed class GrainSecurityTests : SecurityContract<OrleansFixture>;

public sealed class GrainGroupTests : GroupContract<OrleansFixture>;
