namespace OrleansStream.Engine.Groups;

/// <summary>The time on two clocks.</summary>
/// <param name="Elapsed">Never jumps, and begins anew with the process: what timeouts are measured by.</param>
/// <param name="UnixTime">Milliseconds since 1970: what is stored.</param>
internal readonly record struct Moment(TimeSpan Elapsed, long UnixTime);
