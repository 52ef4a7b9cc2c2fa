using System.Buffers.Binary;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>
/// Finds what is kept of a user's password: in the users file, else in the cluster. For nobody it finds a decoy.
/// </summary>
/// <remarks>
/// A decoy is made after the credential of some user, so that it looks like those there are and takes as long to check.
/// Thread-safe.
/// </remarks>
internal sealed class Users(ICluster cluster, UsersFile file)
{
    private volatile Known? _known;

    /// <param name="mechanism">The one the client has chosen; unknown when any will do.</param>
    public async ValueTask<ScramCredential> FindAsync(
        string user, ScramMechanism mechanism, CancellationToken cancellationToken)
    {
        var snapshot = await cluster.Security.GetAsync(cancellationToken);
        var listed = file.Read(snapshot.SaltKey);
        var known = _known;
        if (known is null || !known.IsOf(snapshot, listed))
        {
            _known = known = new Known(snapshot, listed);
        }

        return known.Find(user, mechanism);
    }

    /// <summary>The users at one moment.</summary>
    private sealed class Known
    {
        private readonly SecuritySnapshot _snapshot;
        private readonly IReadOnlyList<ScramCredential> _listed;
        private readonly Dictionary<(string User, ScramMechanism Mechanism), ScramCredential> _credentials = [];
        private readonly Dictionary<ScramMechanism, ScramCredential[]> _byMechanism;

        public Known(SecuritySnapshot snapshot, IReadOnlyList<ScramCredential> listed)
        {
            _snapshot = snapshot;
            _listed = listed;
            foreach (var credential in snapshot.Credentials.Concat(listed))
            {
                _credentials[(credential.User, credential.Mechanism)] = credential;

                // For who does not mind which: the one that is dearer to guess.
                _credentials.TryGetValue((credential.User, ScramMechanism.Unknown), out var dearest);
                if (dearest is null || dearest.Mechanism <= credential.Mechanism)
                {
                    _credentials[(credential.User, ScramMechanism.Unknown)] = credential;
                }
            }

            _byMechanism = _credentials
                .GroupBy(pair => pair.Key.Mechanism, pair => pair.Value)
                .ToDictionary(group => group.Key, group => group.ToArray());
        }

        public bool IsOf(SecuritySnapshot snapshot, IReadOnlyList<ScramCredential> listed)
            => _snapshot == snapshot && _listed == listed;

        public ScramCredential Find(string user, ScramMechanism mechanism)
        {
            // Made in any case, so that both cases take as long.
            var decoy = CreateDecoy(user, mechanism);
            return _credentials.GetValueOrDefault((user, mechanism), decoy);
        }

        private ScramCredential CreateDecoy(string user, ScramMechanism mechanism)
        {
            var hash = ScramKeys.DeriveSalt(user, ScramMechanism.Sha256, _snapshot.SaltKey);
            var like = _byMechanism.TryGetValue(mechanism, out var others)
                ? others[BinaryPrimitives.ReadUInt32BigEndian(hash) % (uint)others.Length]
                : CreateUsual(mechanism == ScramMechanism.Unknown ? ScramMechanism.Sha512 : mechanism);
            return ScramKeys.CreateDecoy(user, like, _snapshot.SaltKey);
        }

        private ScramCredential CreateUsual(ScramMechanism mechanism)
        {
            var key = new byte[ScramKeys.LengthBytes(mechanism)];
            var salt = ScramKeys.DeriveSalt("", mechanism, _snapshot.SaltKey);
            return new ScramCredential("", mechanism, ScramCredential.MinIterations, salt, key, key);
        }
    }
}
