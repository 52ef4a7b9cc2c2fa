using System.Buffers;

namespace OrleansStream.Contracts.Tests;

public sealed class FetchedRecordsTests
{
    private static readonly ReadOnlyMemory<byte>[] s_pieces = [new byte[] { 1, 2 }, new byte[] { 3 }];

    [Fact]
    public void Pieces_are_copied_out_in_order()
    {
        using var records = new FetchedRecords(s_pieces, null);
        var output = new ArrayBufferWriter<byte>();

        records.CopyTo(output);

        Assert.Equal(3, records.LengthBytes);
        Assert.Equal([1, 2, 3], records.ToArray());
        Assert.Equal([1, 2, 3], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void The_lease_is_given_back_once()
    {
        var lease = new CountingLease();
        var records = new FetchedRecords(s_pieces, lease);

        records.Dispose();
        records.Dispose();

        Assert.Equal(1, lease.Disposals);
    }

    private sealed class CountingLease : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
