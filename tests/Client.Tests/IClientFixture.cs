namespace OrleansStream.Client.Tests;

/// <summary>A cluster for all tests of a class, wherever it is, each of which uses topics of its own.</summary>
public interface IClientFixture
{
    StreamClient Client { get; }
}
