using System.Globalization;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Users that an operator has written into a file.</summary>
/// <remarks>
/// <code>
/// # a comment
/// alice:her password, which may have any character, colons too
/// bob:SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY
/// </code>
/// The second form keeps no password: iterations, and salt and keys in base64, each as RFC 5803 has them. A user may
/// have one such line for each mechanism. The file is looked at for every login and read again when it has changed; a
/// file that cannot be read then leaves the users as they were. Thread-safe.
/// </remarks>
internal sealed partial class UsersFile(string? path, ILogger<UsersFile> logger)
{
    // Salting a password takes milliseconds, and this many are salted when the file has changed.
    private const int MaxUsers = 1_000;

    private readonly Lock _gate = new();
    private FileStamp _stamp;
    private IReadOnlyList<ScramCredential> _credentials = [];

    /// <summary>The same list until the file changes.</summary>
    /// <param name="saltKey">Makes the salts of passwords, the same for each reading.</param>
    public IReadOnlyList<ScramCredential> Read(byte[] saltKey)
    {
        if (path is null)
        {
            return [];
        }

        lock (_gate)
        {
            var stamp = FileStamp.Of(path);
            if (stamp != _stamp)
            {
                _stamp = stamp;
                Reload(path, saltKey);
            }

            return _credentials;
        }
    }

    /// <summary>What is wrong with the file, as a sentence; null when nothing is.</summary>
    public static string? FindMistake(string path)
    {
        try
        {
            Parse(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return e.Message;
        }
    }

    private void Reload(string changed, byte[] saltKey)
    {
        try
        {
            _credentials = [.. Parse(changed).SelectMany(line => line.ToCredentials(saltKey))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            LogUnreadable(e.Message);
        }
    }

    private static List<UserLine> Parse(string path)
    {
        var lines = new List<UserLine>();
        var number = 0;
        foreach (var text in File.ReadLines(path))
        {
            number++;
            if (text.Length > 0 && text[0] != '#')
            {
                lines.Add(UserLine.Parse(text)
                    ?? throw new FormatException($"{path}, line {number}: not user:password, nor a SCRAM record."));
            }
        }

        return lines.Count <= MaxUsers
            ? lines
            : throw new FormatException($"{path} has {lines.Count} users; {MaxUsers} are allowed.");
    }

    [LoggerMessage(4110, LogLevel.Error, "The users file has changed and is not used; users are as before. {Reason}")]
    private partial void LogUnreadable(string reason);

    /// <summary>One line: either a password or what is kept of one.</summary>
    private sealed record UserLine(string User, string Secret, ScramCredential? Credential)
    {
        public static UserLine? Parse(string text)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon is < 1 or > ScramCredential.MaxUserLength || colon == text.Length - 1)
            {
                return null;
            }

            var (user, secret) = (text[..colon], text[(colon + 1)..]);
            var mechanism = SaslMechanism.ToScram(secret.Split('$')[0]);
            var credential = mechanism == ScramMechanism.Unknown ? null : ParseRecord(user, mechanism, secret);
            return mechanism == ScramMechanism.Unknown || credential is not null
                ? new UserLine(user, secret, credential)
                : null;
        }

        public IEnumerable<ScramCredential> ToCredentials(byte[] saltKey)
            => Credential is not null
                ? [Credential]
                : [Salt(ScramMechanism.Sha256, saltKey), Salt(ScramMechanism.Sha512, saltKey)];

        /// <summary>Without the password, which must not get into a log.</summary>
        public override string ToString() => User;

        private ScramCredential Salt(ScramMechanism mechanism, byte[] saltKey) => ScramKeys.CreateCredential(
            User,
            mechanism,
            Secret,
            ScramKeys.DeriveSalt(User, mechanism, saltKey),
            ScramCredential.MinIterations);

        private static ScramCredential? ParseRecord(string user, ScramMechanism mechanism, string secret)
        {
            if (secret.Split('$', ':') is not [_, var iterations, var salt, var storedKey, var serverKey]
                || !int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return null;
            }

            try
            {
                var credential = new ScramCredential(
                    user,
                    mechanism,
                    count,
                    Convert.FromBase64String(salt),
                    Convert.FromBase64String(storedKey),
                    Convert.FromBase64String(serverKey));
                return ScramKeys.FindFault(credential) is null ? credential : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }
}
