using System.Buffers.Binary;
using System.Numerics;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>Stands for a record's key: 128 bits, which two keys never share in practice.</summary>
/// <remarks>
/// SipHash-2-4 with a secret seed for each pass, so that nobody can choose keys that collide.
/// https://www.aumasson.jp/siphash/siphash.pdf
/// </remarks>
public readonly record struct KeyHash(ulong Low, ulong High)
{
    public static KeyHash Compute(ReadOnlySpan<byte> key, UInt128 seed)
    {
        var state = new State((ulong)seed, (ulong)(seed >> 64));
        var rest = key;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            state.Add(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        // The last word has the bytes left over and, as its highest byte, the length.
        var last = (ulong)key.Length << 56;
        for (var i = 0; i < rest.Length; i++)
        {
            last |= (ulong)rest[i] << (8 * i);
        }

        state.Add(last);
        return state.Finish();
    }

    private struct State(ulong k0, ulong k1)
    {
        private ulong _v0 = 0x736f6d6570736575 ^ k0;
        private ulong _v1 = 0x646f72616e646f6d ^ k1 ^ 0xee;
        private ulong _v2 = 0x6c7967656e657261 ^ k0;
        private ulong _v3 = 0x7465646279746573 ^ k1;

        public void Add(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        public KeyHash Finish()
        {
            _v2 ^= 0xee;
            var low = FourRounds();
            _v1 ^= 0xdd;
            return new KeyHash(low, FourRounds());
        }

        private ulong FourRounds()
        {
            Round();
            Round();
            Round();
            Round();
            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        private void Round()
        {
            _v0 += _v1;
            _v2 += _v3;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v1;
            _v0 += _v3;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
