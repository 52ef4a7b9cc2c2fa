using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>How large the journal may be.</summary>
public sealed class JournalOptions
{
    /// <summary>
    /// The bytes all journal files hold at most. Segments are written early when half is used, so a restart reads back
    /// at most this much. 1 GiB is read in a second or two.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Where a journal file ends and the next begins. An eighth of the whole, so that half of it can be trimmed.
    /// </summary>
    public long FileBytes => Math.Max(1 << 16, MaxBytes / 8);

    /// <summary>How much is written at most before a flush. 4 MiB take a few milliseconds on a local disk.</summary>
    [Range(1 << 12, 1 << 28)]
    public int MaxBlockBytes { get; init; } = 4 * 1_024 * 1_024;
}
