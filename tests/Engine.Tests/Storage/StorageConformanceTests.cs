using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class LocalJournalConformanceTests : JournalConformance<LocalFixture>;

public sealed class LocalSegmentConformanceTests : SegmentConformance<LocalFixture>;

public sealed class LocalTableConformanceTests : TableConformance<LocalFixture>;

public sealed class MemoryJournalConformanceTests : JournalConformance<MemoryFixture>;

public sealed class MemorySegmentConformanceTests : SegmentConformance<MemoryFixture>;

public sealed class MemoryTableConformanceTests : TableConformance<MemoryFixture>;

public sealed class FaultyJournalConformanceTests : JournalConformance<FaultyFixture>;

public sealed class FaultySegmentConformanceTests : SegmentConformance<FaultyFixture>;

public sealed class FaultyTableConformanceTests : TableConformance<FaultyFixture>;
