using System.CommandLine;
using OrleansStream.Client;

namespace OrleansStream.Cli;

/// <summary>The options of every verb that say which cluster is meant and how to get in.</summary>
internal sealed class ConnectionOptions
{
    private const string BootstrapVariable = "OSTREAM_BOOTSTRAP";
    private const string UserVariable = "OSTREAM_USER";
    private const string PasswordVariable = "OSTREAM_PASSWORD";
    private const double DefaultTimeoutSeconds = 10;

    private readonly Option<string> _bootstrap = new("--bootstrap", "-b")
    {
        Description = $"Servers to begin with, separated by commas, or {BootstrapVariable}.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(BootstrapVariable) ?? "127.0.0.1:9092",
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "How long to go on trying while the cluster does not answer.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => DefaultTimeoutSeconds,
    };

    private readonly Option<bool> _tls = new("--tls") { Description = "Encrypt connections." };

    private readonly Option<string?> _authority = new("--tls-ca")
    {
        Description = "PEM file of the authorities to trust, instead of the machine's.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificate = new("--tls-cert")
    {
        Description = "PEM file with the certificate to show, and its key.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _serverName = new("--tls-name")
    {
        Description = "The name in the server's certificate, where it is not the host's.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _insecure = new("--tls-insecure")
    {
        Description = "Do not check the server's certificate: only for tests.",
    };

    private readonly Option<string?> _mechanism = new("--sasl")
    {
        Description = "Log in by this mechanism; the default is SCRAM-SHA-256 as soon as there is a user.",
        HelpName = "MECHANISM",
    };

    private readonly Option<string?> _user = new("--user")
    {
        Description = $"As whom to log in, or {UserVariable}. The password is in {PasswordVariable}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(UserVariable),
    };

    private readonly Option<string?> _passwordFile = new("--password-file")
    {
        Description = $"File whose first line is the password, instead of {PasswordVariable}.",
        HelpName = "FILE",
    };

    public ConnectionOptions()
    {
        _mechanism.AcceptOnlyFromAmong("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512");
        _timeout.Limited(0.1, 3_600);
    }

    public void AddTo(Command command)
    {
        Option[] all = [_bootstrap, _timeout, _tls, _authority, _certificate, _serverName, _insecure, _mechanism,
            _user, _passwordFile];
        foreach (var option in all)
        {
            option.Recursive = true;
            command.Options.Add(option);
        }
    }

    public StreamClientOptions Read(ParseResult parsed)
    {
        var timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout));
        return new StreamClientOptions
        {
            BootstrapServers = parsed.GetValue(_bootstrap)!,
            ClientId = "ostream",
            ConnectTimeout = timeout,
            CallTimeout = timeout,
            Tls = ReadTls(parsed),
            Sasl = ReadSasl(parsed),
        };
    }

    private TlsOptions? ReadTls(ParseResult parsed)
    {
        var options = new TlsOptions
        {
            AuthorityFile = parsed.GetValue(_authority),
            CertificateFile = parsed.GetValue(_certificate),
            TargetHost = parsed.GetValue(_serverName),
            ChecksCertificate = !parsed.GetValue(_insecure),
        };
        var isMeant = parsed.GetValue(_tls) || !options.ChecksCertificate
            || (options.AuthorityFile ?? options.CertificateFile ?? options.TargetHost) is not null;
        return isMeant ? options : null;
    }

    private SaslOptions? ReadSasl(ParseResult parsed)
    {
        if (parsed.GetValue(_user) is not { Length: > 0 } user)
        {
            return parsed.GetValue(_mechanism) is null
                ? null
                : throw new CommandException(ExitCode.Usage, $"--sasl takes --user, or {UserVariable}.");
        }

        var password = parsed.GetValue(_passwordFile) is { } file
            ? File.ReadLines(file).FirstOrDefault()
            : Environment.GetEnvironmentVariable(PasswordVariable);
        return new SaslOptions
        {
            Mechanism = parsed.GetValue(_mechanism) ?? "SCRAM-SHA-256",
            User = user,
            Password = password ?? throw new CommandException(
                ExitCode.Usage, $"{user} needs a password: {PasswordVariable} or --password-file."),
        };
    }
}
