using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Shows which users can log in, and changes with what. Users of the users file are not among them.</summary>
internal sealed class CredentialsApi(ICluster cluster, AccessControl access, AuditLog audit)
{
    public async ValueTask<DescribeUserScramCredentialsResponse> DescribeAsync(
        DescribeUserScramCredentialsRequest request, KafkaCall call)
    {
        if (!(await access.OfAsync(call)).ToCluster())
        {
            return new DescribeUserScramCredentialsResponse(ErrorCode.ClusterAuthorizationFailed, null, []);
        }

        var snapshot = await cluster.Security.GetAsync(call.Closed);
        var known = snapshot.Credentials.ToLookup(credential => credential.User);
        var names = request.Users is { Count: > 0 } asked
            ? asked.Select(user => user.Name).ToList()
            : [.. known.Select(user => user.Key)];
        var counts = names.CountBy(name => name);
        return new DescribeUserScramCredentialsResponse(
            ErrorCode.None,
            ErrorMessage: null,
            [.. counts.Select(name => Describe(name.Key, isRepeated: name.Value > 1, known[name.Key]))]);
    }

    public async ValueTask<AlterUserScramCredentialsResponse> AlterAsync(
        AlterUserScramCredentialsRequest request, KafkaCall call)
    {
        var isAllowed = (await access.OfAsync(call)).ToCluster();
        var deletions = request.Deletions.ToLookup(deletion => deletion.User);
        var upsertions = request.Upsertions.ToLookup(upsertion => upsertion.User);
        var altered = new List<AlteredUser>();
        foreach (var user in deletions.Select(one => one.Key).Union(upsertions.Select(one => one.Key)))
        {
            var result = isAllowed
                ? await AlterAsync(user, [.. deletions[user]], [.. upsertions[user]], call.Closed)
                : new AlteredUser(user, ErrorCode.ClusterAuthorizationFailed);
            var deleted = deletions[user].Select(one => $"delete {one.Mechanism}");
            var set = upsertions[user].Select(one => $"set {one.Mechanism}");
            audit.Record(call, "alter user", user, result.Error, string.Join(", ", deleted.Concat(set)));
            altered.Add(result);
        }

        return new AlterUserScramCredentialsResponse(altered);
    }

    private static DescribedUser Describe(string name, bool isRepeated, IEnumerable<ScramCredential> credentials)
    {
        var described = credentials
            .Select(credential => new DescribedCredential(credential.Mechanism, credential.Iterations))
            .ToList();
        return isRepeated
            ? new DescribedUser(name, ErrorCode.DuplicateResource, "The user occurs more than once in the request.", [])
            : described.Count == 0
                ? new DescribedUser(name, ErrorCode.ResourceNotFound, "There is no such user.", [])
                : new DescribedUser(name, ErrorCode.None, ErrorMessage: null, described);
    }

    private async ValueTask<AlteredUser> AlterAsync(
        string user, ScramDeletion[] deletions, ScramUpsertion[] upsertions, CancellationToken closed)
    {
        var mechanisms = deletions
            .Select(one => one.Mechanism)
            .Concat(upsertions.Select(one => one.Mechanism))
            .ToList();
        if (mechanisms.Distinct().Count() < mechanisms.Count)
        {
            return new AlteredUser(user, ErrorCode.DuplicateResource, "A mechanism occurs twice for the user.");
        }

        if (user.Length is 0 or > ScramCredential.MaxUserLength || user.Any(char.IsControl))
        {
            return new AlteredUser(user, ErrorCode.UnacceptableCredential, "Nobody can have that name.");
        }

        var changes = deletions.Select(deletion => new CredentialChange(deletion.Mechanism, null)).ToList();
        foreach (var upsertion in upsertions)
        {
            if (FindFault(upsertion) is { } fault)
            {
                return fault;
            }

            changes.Add(new CredentialChange(upsertion.Mechanism, Create(upsertion)));
        }

        var error = await cluster.Security.AlterCredentialsAsync(user, changes, closed);
        return new AlteredUser(
            user, error.ToControllerErrorCode(), error == StreamError.None ? null : "Nothing was changed.");
    }

    private static AlteredUser? FindFault(ScramUpsertion upsertion)
    {
        var (user, mechanism, _, _, salted) = upsertion;
        return mechanism is not (ScramMechanism.Sha256 or ScramMechanism.Sha512)
            ? new AlteredUser(user, ErrorCode.UnsupportedSaslMechanism, "The mechanism is not known.")
            : salted.Length != ScramKeys.LengthBytes(mechanism)
                ? new AlteredUser(user, ErrorCode.UnacceptableCredential, "The salted password has a wrong length.")
                : ScramKeys.FindFault(Create(upsertion)) is { } fault
                    ? new AlteredUser(user, ErrorCode.UnacceptableCredential, fault)
                    : null;
    }

    private static ScramCredential Create(ScramUpsertion upsertion) => ScramKeys.CreateCredential(
        upsertion.User, upsertion.Mechanism, upsertion.SaltedPassword, upsertion.Salt, upsertion.Iterations);
}
