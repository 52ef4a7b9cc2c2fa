using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Embedded.Tests;

public sealed class MemoryTopicTests : TopicContract<MemoryClusterFixture>;

public sealed class MemoryAppendTests : AppendContract<MemoryClusterFixture>;

public sealed class MemoryFetchTests : FetchContract<MemoryClusterFixture>;

public sealed class MemoryOffsetTests : OffsetContract<MemoryClusterFixture>;

public sealed class MemoryRestartTests : RestartContract<MemoryClusterFixture>;

public sealed class MemoryQuotaTests : QuotaContract<MemoryClusterFixture>;

public sealed class LocalTopicTests : TopicContract<LocalClusterFixture>;

public sealed class LocalAppendTests : AppendContract<LocalClusterFixture>;

public sealed class LocalFetchTests : FetchContract<LocalClusterFixture>;

public sealed class LocalOffsetTests : OffsetContract<LocalClusterFixture>;

public sealed class LocalRestartTests : RestartContract<LocalClusterFixture>;

public sealed class LocalQuotaTests : QuotaContract<LocalClusterFixture>;

public sealed class MemorySecurityTests : SecurityContract<MemoryClusterFixture>;

public sealed class LocalSecurityTests : SecurityContract<LocalClusterFixture>;

public sealed class MemoryGroupTests : GroupContract<MemoryClusterFixture>;

public sealed class LocalGroupTests : GroupContract<LocalClusterFixture>;
