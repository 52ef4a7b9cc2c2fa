using BenchmarkDotNet.Running;
using OrleansStream.Micro;

// Besides the options of BenchmarkDotNet, such as --filter '*BatchCodec*', there is --quick.
const string quick = "--quick";
BenchmarkSwitcher
    .FromAssembly(typeof(Records).Assembly)
    .Run([.. args.Where(argument => argument != quick)], new ArtifactsConfig(isQuick: args.Contains(quick)));
