using System.Buffers;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Tests.Producers;

public sealed class ProducerSequencesTests
{
    private const long Producer = 7;
    private const int Largest = int.MaxValue;

    private readonly ProducerSequences _sequences = new();

    [Fact]
    public void A_retry_is_answered_with_the_offset_it_got_the_first_time()
    {
        Append(firstSequence: 0, recordCount: 3, baseOffset: 100);

        Assert.Equal(new SequenceCheck(SequenceVerdict.Duplicate, BaseOffset: 100), Check(0, recordCount: 3));
    }

    [Theory]
    [InlineData(0, 3, SequenceVerdict.Next)]
    [InlineData(0, 4, SequenceVerdict.Gap)]
    [InlineData(0, 1, SequenceVerdict.Gap)]
    [InlineData(1, 0, SequenceVerdict.Next)]
    [InlineData(1, 3, SequenceVerdict.Gap)]
    public void After_three_records_the_session_continues_at_three(
        int epoch, int firstSequence, SequenceVerdict expected)
    {
        Append(firstSequence: 0, recordCount: 3, baseOffset: 100);

        Assert.Equal(expected, Check(firstSequence, recordCount: 1, epoch).Verdict);
    }

    [Fact]
    public void A_retry_with_another_number_of_records_is_no_retry()
    {
        Append(firstSequence: 0, recordCount: 3, baseOffset: 100);

        Assert.Equal(SequenceVerdict.Gap, Check(0, recordCount: 2).Verdict);
    }

    [Fact]
    public void An_old_session_is_fenced_once_a_new_one_has_written()
    {
        Append(firstSequence: 0, recordCount: 1, baseOffset: 100, epoch: 0);
        Append(firstSequence: 0, recordCount: 1, baseOffset: 101, epoch: 1);

        Assert.Equal(SequenceVerdict.Fenced, Check(1, recordCount: 1, epoch: 0).Verdict);
    }

    [Fact]
    public void A_retry_is_recognised_as_long_as_five_batches_may_be_in_flight()
    {
        for (var i = 0; i <= ProducerSequences.RememberedBatches; i++)
        {
            Append(firstSequence: i, recordCount: 1, baseOffset: i);
        }

        Assert.Equal(SequenceVerdict.Gap, Check(0, recordCount: 1).Verdict);
        Assert.Equal(new SequenceCheck(SequenceVerdict.Duplicate, BaseOffset: 1), Check(1, recordCount: 1));
    }

    [Theory]
    [InlineData(Largest, 1, 0)]
    [InlineData(Largest, 2, 1)]
    [InlineData(Largest - 1, 1, Largest)]
    [InlineData(Largest - 1, 5, 3)]
    public void After_the_largest_sequence_comes_zero(int firstSequence, int recordCount, int next)
    {
        Append(firstSequence, recordCount, baseOffset: 100);

        Assert.Equal(SequenceVerdict.Next, Check(next, recordCount: 1).Verdict);
        Assert.Equal(SequenceVerdict.Duplicate, Check(firstSequence, recordCount).Verdict);
    }

    [Fact]
    public void An_unknown_producer_is_taken_as_it_comes()
        => Assert.Equal(SequenceVerdict.Next, Check(42, recordCount: 1).Verdict);

    [Fact]
    public void A_producer_is_forgotten_when_it_has_not_written_since()
    {
        Append(firstSequence: 0, recordCount: 1, baseOffset: 0, producerId: 1, now: 10);
        Append(firstSequence: 0, recordCount: 1, baseOffset: 1, producerId: 2, now: 20);

        _sequences.Forget(since: 20);

        Assert.Equal(SequenceVerdict.Next, Check(9, recordCount: 1, producerId: 1).Verdict);
        Assert.Equal(SequenceVerdict.Gap, Check(9, recordCount: 1, producerId: 2).Verdict);
    }

    [Fact]
    public void Beyond_the_limit_the_one_that_wrote_longest_ago_is_forgotten()
    {
        for (var producer = 0; producer < ProducerSequences.MaxProducers; producer++)
        {
            Append(firstSequence: 0, recordCount: 1, baseOffset: producer, producerId: producer, now: 1_000 - (
                producer % 7));
        }

        Append(firstSequence: 0, recordCount: 1, baseOffset: 0, producerId: 6, now: 2_000, epoch: 1);
        Append(firstSequence: 0, recordCount: 1, baseOffset: 0, producerId: long.MaxValue, now: 2_000);

        Assert.Equal(ProducerSequences.MaxProducers, _sequences.Count);
        Assert.Equal(SequenceVerdict.Next, Check(9, recordCount: 1, producerId: 13).Verdict);
        Assert.Equal(SequenceVerdict.Gap, Check(9, recordCount: 1, producerId: 6, epoch: 1).Verdict);
    }

    [Fact]
    public void A_snapshot_knows_what_the_original_knew()
    {
        for (var i = 0; i < 10; i++)
        {
            Append(firstSequence: i * 2, recordCount: 2, baseOffset: i * 2, producerId: 1);
        }

        Append(firstSequence: Largest, recordCount: 3, baseOffset: 20, producerId: 2, epoch: 5);

        var copy = ProducerSequences.Read(Snapshot());

        Assert.Equal(2, copy.Count);
        for (var sequence = 0; sequence < 24; sequence++)
        {
            Assert.Equal(Check(sequence, 2, producerId: 1), copy.Check(Batch(sequence, 2, 0, producerId: 1)));
            Assert.Equal(Check(sequence, 3, 5, 2), copy.Check(Batch(sequence, 3, 5, producerId: 2)));
        }

        Assert.Equal(SequenceVerdict.Duplicate, copy.Check(Batch(Largest, 3, 5, producerId: 2)).Verdict);
    }

    [Fact]
    public void A_snapshot_that_ends_anywhere_too_early_is_refused()
    {
        Append(firstSequence: 0, recordCount: 1, baseOffset: 0, producerId: 1);
        Append(firstSequence: 0, recordCount: 1, baseOffset: 1, producerId: 2);
        var snapshot = Snapshot();

        for (var length = 0; length < snapshot.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ProducerSequences.Read(snapshot.AsSpan(0, length)));
        }
    }

    // Sends batches in order, resends recent ones at random, and now and then goes on from a snapshot. Whatever the
    // mix, each is stored once.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Under_random_retries_every_batch_is_stored_once(int seed)
    {
        var random = new Random(seed);
        var sequences = _sequences;
        var stored = new List<int>();

        while (stored.Count < 1_000)
        {
            var next = stored.Count;
            var oldestRetry = Math.Max(0, next - ProducerSequences.RememberedBatches);
            var sequence = random.Next(oldestRetry, next + 1);

            var check = sequences.Check(Batch(sequence, recordCount: 1));
            if (check.Verdict == SequenceVerdict.Next)
            {
                sequences.Apply(Batch(sequence, recordCount: 1), baseOffset: next, now: 0);
                stored.Add(sequence);
            }
            else
            {
                Assert.Equal(new SequenceCheck(SequenceVerdict.Duplicate, BaseOffset: sequence), check);
            }

            if (random.Next(50) == 0)
            {
                sequences = ProducerSequences.Read(Snapshot(sequences));
            }
        }

        Assert.Equal(Enumerable.Range(0, 1_000), stored);
    }

    private static BatchHeader Batch(int firstSequence, int recordCount, int epoch = 0, long producerId = Producer)
        => new()
        {
            ProducerId = producerId,
            ProducerEpoch = (short)epoch,
            BaseSequence = firstSequence,
            RecordCount = recordCount,
        };

    private SequenceCheck Check(int firstSequence, int recordCount, int epoch = 0, long producerId = Producer)
        => _sequences.Check(Batch(firstSequence, recordCount, epoch, producerId));

    private void Append(
        int firstSequence, int recordCount, long baseOffset, int epoch = 0, long producerId = Producer, long now = 0)
        => _sequences.Apply(Batch(firstSequence, recordCount, epoch, producerId), baseOffset, now);

    private byte[] Snapshot(ProducerSequences? sequences = null)
    {
        var output = new ArrayBufferWriter<byte>();
        (sequences ?? _sequences).WriteTo(output);
        return output.WrittenSpan.ToArray();
    }
}
