using System.Reflection;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Protocols.Tests.Kafka;

/// <summary>Messages of random content, made by calling their primary constructors.</summary>
/// <param name="nulls">Whether what may be null sometimes is. Only the newest versions can say every null.</param>
internal sealed class RandomMessages(Random random, bool nulls)
{
    private static readonly string[] s_letters = ["a", "Z", "0", "9", ".", "-", "_", " ", "é", "€", "𝄞"];
    private static readonly Type[] s_singles =
        [typeof(LeavingGroupMember), typeof(OffsetFetchGroup), typeof(OffsetFetchedGroup)];

    private static readonly NullabilityInfoContext s_nullability = new();

    public T Create<T>() => (T)Create(typeof(T));

    private object Create(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(CreateArgument)]);
    }

    private object? CreateArgument(ParameterInfo parameter)
    {
        var mayBeNull = s_nullability.Create(parameter).WriteState == NullabilityState.Nullable;
        return mayBeNull && nulls && random.Next(3) == 0 ? null : CreateValue(parameter.ParameterType, parameter.Name!);
    }

    private object CreateValue(Type type, string name) => type switch
    {
        _ when type == typeof(bool) => random.Next(2) == 0,
        _ when type == typeof(sbyte) => (sbyte)random.Next(sbyte.MinValue, sbyte.MaxValue),
        _ when type == typeof(short) => (short)random.Next(short.MinValue, short.MaxValue),
        _ when type == typeof(int) => random.Next(int.MinValue, int.MaxValue),
        _ when type == typeof(long) => random.NextInt64(long.MinValue, long.MaxValue),
        _ when type == typeof(double) => random.NextDouble() * random.Next(),
        _ when type == typeof(string) => CreateText(),
        _ when type == typeof(Guid) => new Guid(CreateBytes(16)),
        _ when type == typeof(ReadOnlyMemory<byte>) => (ReadOnlyMemory<byte>)CreateBytes(random.Next(300)),
        _ when type == typeof(byte[]) => CreateBytes(random.Next(300)),
        _ when type == typeof(FetchedRecords) => CreateRecords(),
        { IsEnum: true } => Enum.ToObject(type, (sbyte)random.Next(sbyte.MinValue, sbyte.MaxValue)),
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            => CreateList(type.GetGenericArguments()[0], name),
        _ => Create(type),
    };

    private Array CreateList(Type element, string name)
    {
        var list = Array.CreateInstance(element, IsSingle(element, name) ? 1 : random.Next(4));
        for (var i = 0; i < list.Length; i++)
        {
            list.SetValue(CreateValue(element, name), i);
        }

        return list;
    }

    // Older versions of some messages have room for one of these only.
    private static bool IsSingle(Type element, string name)
        => name is "Keys" or "Coordinators" || s_singles.Contains(element);

    private string CreateText()
        => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => s_letters[random.Next(s_letters.Length)]));

    private byte[] CreateBytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private FetchedRecords CreateRecords()
    {
        var pieces = new ReadOnlyMemory<byte>[random.Next(4)];
        for (var i = 0; i < pieces.Length; i++)
        {
            pieces[i] = CreateBytes(random.Next(200));
        }

        return new FetchedRecords(pieces, lease: null);
    }
}
