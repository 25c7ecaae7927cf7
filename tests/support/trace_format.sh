#!/bin/sh
# trace_format.sh [check]: writes the vocabulary tables of docs/TRACE-FORMAT.md anew from the .def files (and the
# message numbers of tracer/trace/journal.c), between the two markers. With `check` it changes nothing and exits 1,
# with the difference, when they are out of date.
set -eu
cd "$(dirname "$0")/../.."
document=docs/TRACE-FORMAT.md
begin='<!-- vocabulary: begin (tests/support/trace_format.sh writes what follows) -->'
end='<!-- vocabulary: end -->'

# What a row NAME(first, "second", ...) of a .def file says, one field after another, separated by '|'.
rows() {
    awk -v name="$2" '
        index($0, name "(") == 1 {
            line = substr($0, length(name) + 2)
            sub(/\)[[:space:]]*$/, "", line)
            out = ""
            while (line != "") {
                sub(/^[, ]+/, "", line)
                if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^[^,]+/)) {
                    field = substr(line, 1, RLENGTH)
                    line = substr(line, RLENGTH + 1)
                    gsub(/^["\047]|["\047]$/, "", field)
                    out = out (out == "" ? "" : "|") (field == "" ? " " : field)
                } else break
            }
            print out
        }' "$1"
}

# The heading under which the members of a kind are described.
heading() {
    grep -E '^#### ' "$document" | sed 's/^#### //' | while IFS= read -r heading; do
        case ", $heading," in
        *", $1,"*) echo "$heading" | sed 's/,//g; s/ /-/g' ;;
        esac
    done
}

kinds() {
    echo "### Kinds"
    echo
    echo "| \`kind\` | what it is | its members | \`MESSAGE_ID\` |"
    echo "|---|---|---|---|"
    rows tracer/event/event.def EVENT | while IFS='|' read -r name text member what; do
        number=$(sed -n "s/.*\[EVENT_$name\] = \"\([0-9a-f]*\)\".*/\1/p" tracer/trace/journal.c)
        anchor=$(heading "$text")
        echo "| \`$text\` | $what | [$member](#${anchor:?no heading for $text}) | \`${number:?no number for $name}\` |"
    done
}

states() {
    echo "### States"
    echo
    echo "| \`state\` | the kernel's number | what it means |"
    echo "|---|---|---|"
    rows tracer/event/state.def STATE | while IFS='|' read -r name number text what; do
        : "$name"
        [ "$number" != 0 ] || number=
        echo "| \`$text\` | $number | $what |"
    done
}

witnesses() {
    echo "### Witnesses"
    echo
    echo "| \`witness\` | who says so |"
    echo "|---|---|"
    rows tracer/event/witness.def WITNESS | while IFS='|' read -r name text what; do
        [ "$name" = NONE ] || echo "| \`$text\` | $what |"
    done
}

rules() {
    echo "### Rules"
    echo
    echo "| \`rule\` | what the link says |"
    echo "|---|---|"
    rows tracer/event/rule.def RULE | while IFS='|' read -r name text what; do
        [ "$name" = NONE ] || echo "| \`$text\` | $what |"
    done
}

calls() {
    echo "### Calls"
    echo
    echo "| \`call\` | \`arguments\` | returns |"
    echo "|---|---|---|"
    rows tracer/event/call.def CALL | while IFS='|' read -r name arguments returns; do
        list=
        for argument in $arguments; do
            word=${argument#*:}
            case $argument in
            a:*) word="$word (address)" ;;
            s:*) word="$word (text)" ;;
            b:* | p:*) continue ;;
            esac
            list="$list${list:+, }$word"
        done
        case $returns in
        d) returns="a descriptor" ;;
        n) returns="a number" ;;
        z) returns="0" ;;
        esac
        echo "| \`$name\` | $list | $returns |"
    done
}

tables() {
    for table in kinds states witnesses rules calls; do
        echo
        $table
    done
    echo
}

if ! grep -qxF "$begin" "$document" || ! grep -qxF "$end" "$document"; then
    echo "$document: the markers of the vocabulary are not there" >&2
    exit 1
fi
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
{
    sed "/^$(printf '%s' "$begin" | sed 's/[].[*^$/]/\\&/g')\$/q" "$document"
    tables
    sed -n "/^$end\$/,\$p" "$document"
} >"$fresh"
if [ "${1:-}" = check ]; then
    diff -u "$document" "$fresh" || {
        echo "$document is out of date: run tests/support/trace_format.sh" >&2
        exit 1
    }
else
    cat "$fresh" >"$document"
fi
