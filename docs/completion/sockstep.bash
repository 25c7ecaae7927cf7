# shellcheck shell=bash
# bash completion for sockstep. Commands, options and scenarios are asked of the command itself, so that this file
# need not be kept up with them.

_sockstep_commands() {
    "$1" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
}

_sockstep_options() {
    "$1" "$2" --help 2>/dev/null | sed -n '/^Options:/,$s/^  \(-., \|    \)\(--[a-z0-9-]*\).*/\2/p'
}

_sockstep_scenarios() {
    "$1" scenarios 2>/dev/null | sed -n 's/^ \{2,3\}[0-9]\{1,\} \([^ ]*\) .*/\1/p'
}

_sockstep_words() {
    local IFS=$'\n'
    # One word a line; none has a space in it.
    # shellcheck disable=SC2207
    COMPREPLY+=($(compgen -W "$1" -- "$2"))
}

# Files whose names end in one of the words given, and folders.
_sockstep_files() {
    local current=$1 file
    shift
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        [[ -d $file || $# -eq 0 || " $* " == *" ${file##*.} "* ]] && COMPREPLY+=("$file")
    done < <(compgen -f -- "$current")
}

_sockstep() {
    local sockstep=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _sockstep_words "$(_sockstep_commands "$sockstep")" "$current"
        return
    fi
    case $before in
    --theme) _sockstep_words $'dark\nlight\nhigh-contrast\nmono' "$current" && return ;;
    --motion) _sockstep_words $'on\noff' "$current" && return ;;
    --record | -r) _sockstep_files "$current" && return ;;
    --delay) return ;;
    esac
    if [[ $current == -* ]]; then
        _sockstep_words "$(_sockstep_options "$sockstep" "${COMP_WORDS[1]}")" "$current"
        return
    fi
    case ${COMP_WORDS[1]} in
    demo | check)
        [[ $current == */* ]] || _sockstep_words "$(_sockstep_scenarios "$sockstep")" "$current"
        [[ -z $current ]] || _sockstep_files "$current" yaml
        ;;
    open) _sockstep_files "$current" pcapng pcap cap part ;;
    help) _sockstep_words "$(_sockstep_commands "$sockstep")" "$current" ;;
    esac
}

complete -F _sockstep sockstep
