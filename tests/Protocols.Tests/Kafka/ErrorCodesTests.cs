using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class ErrorCodesTests
{
    [Fact]
    public void Every_refusal_has_a_code_and_only_success_has_none()
        => Assert.All(
            Enum.GetValues<StreamError>(),
            error => Assert.Equal(error == StreamError.None, error.ToErrorCode() == ErrorCode.None));

    [Theory]
    [InlineData(StreamError.NotHosted, ErrorCode.NotController)]
    [InlineData(StreamError.StorageFailed, ErrorCode.NotController)]
    [InlineData(StreamError.TopicExists, ErrorCode.TopicAlreadyExists)]
    public void An_admin_client_repeats_a_change_that_cannot_be_made_now(StreamError error, ErrorCode expected)
        => Assert.Equal(expected, error.ToControllerErrorCode());
}
