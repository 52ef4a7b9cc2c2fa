using System.CommandLine;
using OrleansStream.Cli.Terminals;

namespace OrleansStream.Cli;

/// <summary><c>ostream completion</c>: how a shell asks this program what could come next.</summary>
internal sealed class Completion : Command
{
    // Each gives the line and the cursor's place to the directive [suggest], which prints one candidate per line.
    private static readonly Dictionary<string, string> s_scripts = new()
    {
        ["bash"] = """
            _ostream() {
              local IFS=$'\n'
              local word="${COMP_WORDS[COMP_CWORD]}"
              COMPREPLY=($(compgen -W "$(ostream "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
            }
            complete -o default -F _ostream ostream
            """,
        ["zsh"] = """
            #compdef ostream
            _ostream() {
              local -a candidates
              candidates=("${(@f)$(ostream "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
              compadd -- $candidates
            }
            compdef _ostream ostream
            """,
        ["fish"] = """
            complete -c ostream -f -a '(ostream "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName ostream -ScriptBlock {
                param($word, $tree, $position)
                ostream "[suggest:$position]" "$tree" 2>$null |
                    Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    public Completion(Terminal terminal)
        : base("completion", "Print the script by which a shell completes ostream's verbs and options.")
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. s_scripts.Keys]);
        Arguments.Add(shell);
        SetAction(parsed => terminal.Text.WriteLine(s_scripts[parsed.GetValue(shell)!]));
    }
}
