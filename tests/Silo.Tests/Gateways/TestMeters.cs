using System.Diagnostics.Metrics;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>Makes meters and ends them together.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(meter => meter.Dispose());
}
