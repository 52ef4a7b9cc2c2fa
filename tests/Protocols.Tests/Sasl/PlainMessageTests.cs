using System.Text;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Protocols.Tests.Sasl;

public sealed class PlainMessageTests
{
    [Theory]
    [InlineData("\0alice\0se=cr,et ü")]
    [InlineData("alice\0alice\0se=cr,et ü")]
    public void Name_and_password_are_taken_as_they_are(string message)
    {
        var plain = PlainMessage.Parse(Encoding.UTF8.GetBytes(message));

        Assert.Equal(new PlainMessage("alice", "se=cr,et ü"), plain);
        Assert.Equal(plain, PlainMessage.Parse(plain.Encode()));
        Assert.Equal("alice", plain.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice\0secret")]
    [InlineData("\0\0secret")]
    [InlineData("\0alice\0")]
    [InlineData("bob\0alice\0secret")]
    [InlineData("\0alice\0secret\0")]
    [InlineData("\0al\tice\0secret")]
    public void Anything_else_is_refused(string message)
        => Assert.Throws<ProtocolException>(() => PlainMessage.Parse(Encoding.UTF8.GetBytes(message)));
}
