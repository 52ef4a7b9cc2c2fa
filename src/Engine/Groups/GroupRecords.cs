using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>The keys and values of the records in a partition of groups.</summary>
/// <remarks>
/// All numbers are big-endian. A text is its length in UTF-8 bytes, -1 for none, and the bytes; so are bytes. Times are
/// milliseconds, since 1970 or long.
/// <code>
/// key      bytes  field
///              1  version, 1
///              1  kind: 0 group, 1 offset
///             4+  group id
///             16  topic id, only for an offset
///              4  partition, only for an offset
///
/// group    bytes  field
///              1  version, 1
///              4  generation
///             4+  protocol type
///             4+  protocol
///             4+  leader's member id
///              1  1 when assigned, else 0
///              8  empty since
///              4  member count; then for each
///             4+  member id, instance id, client id, client host
///              8  session timeout
///              8  rebalance timeout
///              4  protocol count; for each its name, and its metadata as bytes
///             4+  assignment, as bytes
///
/// offset   bytes  field
///              1  version, 1
///              8  offset
///              4  leader epoch
///             4+  metadata
///              8  committed at
///              8  expires at, -1 for none
/// </code>
/// A record without a value says that what its key names is no more.
/// </remarks>
internal static class GroupRecords
{
    private const byte Version = 1;
    private const byte GroupKind = 0;
    private const byte OffsetKind = 1;

    public static byte[] EncodeKey(GroupKey key)
    {
        var writer = new GroupRecordWriter();
        writer.WriteByte(Version);
        writer.WriteByte(key.Partition is null ? GroupKind : OffsetKind);
        writer.WriteText(key.GroupId);
        if (key.Partition is { } partition)
        {
            writer.WriteId(partition.TopicId);
            writer.WriteInt32(partition.Partition);
        }

        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are no bytes of a key, or of a later version.</exception>
    public static GroupKey DecodeKey(ReadOnlySpan<byte> bytes)
    {
        var reader = new GroupRecordReader(bytes);
        reader.Expect(Version, "version");
        var kind = reader.ReadByte();
        var groupId = reader.ReadText();
        return kind switch
        {
            GroupKind => new(groupId, null),
            OffsetKind => new(groupId, new PartitionId(reader.ReadId(), reader.ReadInt32())),
            _ => throw new InvalidDataException($"The kind of a group record is {kind}."),
        };
    }

    public static byte[] Encode(StoredGroup group)
    {
        var writer = new GroupRecordWriter();
        writer.WriteByte(Version);
        writer.WriteInt32(group.Generation);
        writer.WriteText(group.ProtocolType);
        writer.WriteText(group.Protocol);
        writer.WriteText(group.LeaderId);
        writer.WriteByte(group.IsAssigned ? (byte)1 : (byte)0);
        writer.WriteInt64(group.EmptySince);
        writer.WriteInt32(group.Members.Count);
        foreach (var member in group.Members)
        {
            Write(writer, member);
        }

        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are no bytes of a group, or of a later version.</exception>
    public static StoredGroup DecodeGroup(ReadOnlySpan<byte> bytes)
    {
        var reader = new GroupRecordReader(bytes);
        reader.Expect(Version, "version");
        var generation = reader.ReadInt32();
        var protocolType = reader.ReadNullableText();
        var protocol = reader.ReadNullableText();
        var leaderId = reader.ReadNullableText();
        var isAssigned = reader.ReadByte() != 0;
        var emptySince = reader.ReadInt64();
        var members = new StoredMember[reader.ReadCount()];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = ReadMember(ref reader);
        }

        return new(generation, protocolType, protocol, leaderId, isAssigned, emptySince, members);
    }

    public static byte[] Encode(StoredOffset offset)
    {
        var writer = new GroupRecordWriter();
        writer.WriteByte(Version);
        writer.WriteInt64(offset.Offset);
        writer.WriteInt32(offset.LeaderEpoch);
        writer.WriteText(offset.Metadata);
        writer.WriteInt64(offset.CommittedAt);
        writer.WriteInt64(offset.ExpiresAt);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are no bytes of an offset, or of a later version.</exception>
    public static StoredOffset DecodeOffset(ReadOnlySpan<byte> bytes)
    {
        var reader = new GroupRecordReader(bytes);
        reader.Expect(Version, "version");
        return new(
            reader.ReadInt64(), reader.ReadInt32(), reader.ReadText(), reader.ReadInt64(), reader.ReadInt64());
    }

    private static void Write(GroupRecordWriter writer, StoredMember member)
    {
        writer.WriteText(member.Id);
        writer.WriteText(member.InstanceId);
        writer.WriteText(member.ClientId);
        writer.WriteText(member.ClientHost);
        writer.WriteInt64((long)member.SessionTimeout.TotalMilliseconds);
        writer.WriteInt64((long)member.RebalanceTimeout.TotalMilliseconds);
        writer.WriteInt32(member.Protocols.Count);
        foreach (var protocol in member.Protocols)
        {
            writer.WriteText(protocol.Name);
            writer.WriteBytes(protocol.Metadata);
        }

        writer.WriteBytes(member.Assignment);
    }

    private static StoredMember ReadMember(ref GroupRecordReader reader)
    {
        var id = reader.ReadText();
        var instanceId = reader.ReadNullableText();
        var clientId = reader.ReadText();
        var clientHost = reader.ReadText();
        var sessionTimeout = TimeSpan.FromMilliseconds(reader.ReadInt64());
        var rebalanceTimeout = TimeSpan.FromMilliseconds(reader.ReadInt64());
        var protocols = new GroupProtocol[reader.ReadCount()];
        for (var i = 0; i < protocols.Length; i++)
        {
            protocols[i] = new(reader.ReadText(), reader.ReadBytes());
        }

        return new(
            id, instanceId, clientId, clientHost, sessionTimeout, rebalanceTimeout, protocols, reader.ReadBytes());
    }
}
