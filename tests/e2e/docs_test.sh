#!/bin/sh
# What the documents and the manual say, against what the code says: lists that must be whole, names and places that
# must exist. BUILD is the folder of what was built (default build).
# Backquotes in patterns are those of Markdown.
# shellcheck disable=SC2016
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
sockstep=$BUILD/sockstep
if [ ! -x "$sockstep" ]; then
    echo "$sockstep is not built"
    exit 77
fi
# What is wrong is counted in a file: much of what follows runs in pipes.
plain=$(mktemp) wrong=$(mktemp) || exit 2
trap 'rm -f "$plain" "$wrong"' EXIT
complain() {
    printf 'docs: %s\n' "$1" | tee -a "$wrong"
}

# missing DOCUMENT PATTERN: the words of standard input for which PATTERN, with @ for the word, is not found.
missing() {
    while IFS= read -r word; do
        [ -n "$word" ] || continue
        pattern=$(printf '%s' "$2" | sed "s|@|$(printf '%s' "$word" | sed 's/[][^.*$?+/\\|()]/\\&/g; s/[\\&|]/\\&/g')|g")
        grep -qE -e "$pattern" "$1" || printf '%s ' "$word"
    done
}
whole() {
    left=$(missing "$2" "$3")
    [ -z "$left" ] || complain "${4:-$2} lacks $1: $left"
}

# --- the trace format ---

difference=$(sh tests/support/trace_format.sh check 2>&1) || complain "$difference"

# Every member that is written: keys of tables, and of json_put*(object, "key", ...).
cat tracer/event/json*.c |
    grep -oE '(JSON_FIELD|JSON_FIELD_ALWAYS|json_put|json_put_bytes|json_put_hex)\(([a-z]+, )?"[a-z_]+"' |
    sed 's/.*"\(.*\)"/\1/' | sort -u | whole "members of the JSON" docs/TRACE-FORMAT.md '`@`'
grep -oE 'add_(text|number)\(out, "[A-Z_]+"|journal_add_field\(out, "[A-Z_]+"' tracer/trace/journal.c |
    sed 's/.*"\(.*\)"/\1/' | sort -u | whole "fields of the journal" docs/TRACE-FORMAT.md '`@`'

# --- the manual ---

# Dashes of a manual page are written \-.
sed 's/\\-/-/g; s/\\fR//g; s/\\fP//g' docs/man/sockstep.1 >"$plain"
commands=$("$sockstep" help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[ -n "$commands" ] || complain "sockstep help lists no commands"
echo "$commands" | whole "commands" "$plain" '^\.(B|BI) "?@' docs/man/sockstep.1
for command in $commands; do
    "$sockstep" "$command" --help | sed -n '/^Options:/,$s/^  \(-., \|    \)\(--[a-z0-9-]*\).*/\2/p' |
        whole "options of $command" "$plain" '^\.(B|BR|BI) .*@( |$)' docs/man/sockstep.1
done
sed -n 's/^ACTION([A-Z_]*, "[^"]*", "[^"]*", "\([^"]*\)".*/\1/p' tui/action.def | tr ' ' '\n' |
    whole "keys" "$plain" '^\.(B|BR) (.*[ ,"])?@([ ,"]|$)' docs/man/sockstep.1
sed -n 's/.*_VARIABLE "\(.*\)".*/\1/p' tracer/event/record.h | sed 's/".*//' |
    whole "variables" docs/man/sockprobe.3 '^\.B @$'
sed -n 's/^CALL(\([a-z0-9_]*\),.*/\1/p' tracer/event/call.def |
    whole "calls" docs/man/sockprobe.3 '^\.BR .*@( |$)'
grep -oE '(TEXT|LIST|CYAML_FIELD_[A-Z]+)\("[a-z_]+"' tracer/scenario/load_schema.c | sed 's/.*"\(.*\)"/\1/' |
    sort -u | whole "keys of a scenario" docs/man/sockstep-scenario.5 '(^\.(B|BR|TP)|[ ,"]).*@'

# --- the walls, and the places that are named ---

sed -n "/^rows='/,/^'/p" tests/check_layers.sh | sed '1d;$d' | while read -r folder allowed; do
    row=$(grep -E "^\| \`$folder/\` \|" docs/ARCHITECTURE.md | cut -d'|' -f3 | tr -d '`,' | xargs)
    [ "$row" = "$allowed" ] || echo "$folder: '$row' there, '$allowed' in tests/check_layers.sh"
done >"$plain"
[ ! -s "$plain" ] || complain "docs/ARCHITECTURE.md has other walls: $(cat "$plain")"

for document in README.md docs/*.md; do
    [ -e "$document" ] || continue
    grep -oE '`(tracer|tui|tests|demo|docs)/[A-Za-z0-9_./-]+`' "$document" | tr -d '`' | sort -u |
        while IFS= read -r place; do
            case $place in *NAME*) continue ;; esac
            [ -e "$place" ] || echo "$document names $place, which is not there"
        done
    grep -oE '\]\([^)#: ]+' "$document" | cut -c3- | sort -u | while IFS= read -r link; do
        [ -e "$(dirname "$document")/$link" ] || echo "$document links to $link, which is not there"
    done
done >"$plain"
[ ! -s "$plain" ] || complain "$(cat "$plain")"

# --- completion ---

if command -v bash >/dev/null 2>&1; then
    answers=$(SOCKSTEP_SCENARIOS=$PWD/demo/scenarios bash -c '
        . docs/completion/sockstep.bash
        try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sockstep; echo "${COMPREPLY[*]}"; }
        try "$0" dem
        try "$0" demo --pl
        try "$0" demo tcp-hel
        try "$0" help vers
        try "$0" demo --theme lig' "$sockstep" 2>&1)
    [ "$answers" = "$(printf 'demo\n--plain\ntcp-hello\nversion\nlight')" ] ||
        complain "completion in bash answers: $answers"
fi

[ ! -s "$wrong" ] || exit 1
echo "docs: ok"
