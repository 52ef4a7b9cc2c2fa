using OrleansStream.Engine.Log.Compaction;

namespace OrleansStream.Engine.Tests.Log.Compaction;

public sealed class KeyHashTests
{
    // The reference implementation's vectors: the key is 0, 1, ... 15, the input 0, 1, ... of each length.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(7, "a1f1ebbed8dbc153c0b84aa61ff08239")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    public void A_hash_is_that_of_the_reference_implementation(int length, string expected)
    {
        var key = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var seed = new UInt128(0x0f0e0d0c0b0a0908, 0x0706050403020100);

        var hash = KeyHash.Compute(key, seed);

        var bytes = BitConverter.GetBytes(hash.Low).Concat(BitConverter.GetBytes(hash.High)).ToArray();
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }
}
