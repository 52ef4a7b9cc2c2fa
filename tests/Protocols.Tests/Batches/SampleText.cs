using System.Runtime.CompilerServices;

namespace OrleansStream.Protocols.Tests.Batches;

/// <summary>Contents that compressors meet, from text to what cannot be compressed.</summary>
internal static class SampleText
{
    /// <summary>Around the limits of the formats: blocks, lengths in a token, windows.</summary>
    private static readonly int[] s_lengths =
        [0, 1, 4, 5, 11, 12, 13, 16, 60, 61, 64, 65, 255, 256, 257, 270, 4_096, 65_535, 65_536, 65_537, 200_000];

    /// <summary>Name and content.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> All()
    {
        var random = new Random(11);
        foreach (var length in s_lengths)
        {
            yield return ($"text of {length}", Text(length));
            yield return ($"zeros of {length}", new byte[length]);
            yield return ($"random bytes of {length}", Noise(random, length));
            yield return ($"few symbols of {length}", Symbols(random, length));
        }
    }

    /// <summary>Real text: the sources of these tests, over and over.</summary>
    public static byte[] Text(int length)
    {
        var source = File.ReadAllBytes(ThisFile());
        var text = new byte[length];
        for (var i = 0; i < length; i++)
        {
            // Each round is shifted a little, so that not all of it repeats at one distance.
            text[i] = source[(i + (i / source.Length * 17)) % source.Length];
        }

        return text;
    }

    public static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Symbols(Random random, int length)
    {
        var bytes = Noise(random, length);
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)("abc"u8[bytes[i] % 3]);
        }

        return bytes;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
