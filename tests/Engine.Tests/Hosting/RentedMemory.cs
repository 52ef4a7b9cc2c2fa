namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>
/// Tests that count what is rented from the pool, which is one for the whole process: they run alone.
/// </summary>
[CollectionDefinition(nameof(RentedMemory), DisableParallelization = true)]
public sealed class RentedMemory;
