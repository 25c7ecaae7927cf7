# fish completion for sockstep. Commands, options and scenarios are asked of the command itself.

function __sockstep_commands
    sockstep help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *\(.*\)/\1\t\2/p'
end

function __sockstep_options
    set -l words (commandline -opc)
    sockstep $words[2] --help 2>/dev/null | sed -n '/^Options:/,$s/^  \(-., \|    \)\(--[a-z0-9-]*\).*/\2/p'
end

function __sockstep_scenarios
    sockstep scenarios 2>/dev/null | sed -n 's/^ \{2,3\}[0-9]\{1,\} \([^ ]*\)  *\(.*\)/\1\t\2/p'
end

complete -c sockstep -f
complete -c sockstep -n __fish_use_subcommand -a '(__sockstep_commands)'
complete -c sockstep -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__sockstep_options)'
complete -c sockstep -n '__fish_seen_subcommand_from demo check' -F -a '(__sockstep_scenarios)'
complete -c sockstep -n '__fish_seen_subcommand_from open' -F
complete -c sockstep -n '__fish_seen_subcommand_from help' -a '(__sockstep_commands)'
