#!/bin/sh
# The walls of the house: who may include whom. Each row is a folder and the folders whose headers it may use;
# docs/ARCHITECTURE.md says why. Exit 1 names every arrow that points the wrong way.
set -u
cd "$(dirname "$0")/.." || exit 2

rows='
tracer/base     base
tracer/net      base net
tracer/event    base net event
tracer/probe    event probe sockstep
tracer/source   base net event source
tracer/lab      base net event lab
tracer/model    base net event model
tracer/flow     base net event source model flow
tracer/trace    base net event source trace
tracer/timeline base net event model timeline
tracer/control  base net event source lab model timeline control
tracer/export   base net event timeline export
tracer/scenario base net event source lab timeline control export scenario
tracer/cli      base net event source lab flow trace timeline control export scenario cli tui
tui             base net event timeline control tui
demo            sockstep
'

wrong=$(
    echo "$rows" | while read -r folder allowed; do
        [ -n "$folder" ] || continue
        grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$folder"/*.[ch] "$folder"/*.def 2>/dev/null |
            while IFS= read -r line; do
                used=$(printf '%s\n' "$line" | sed 's/.*include[[:space:]]*"\([^"]*\)".*/\1/')
                case " $allowed " in
                *" ${used%%/*} "*) ;;
                *) printf '%s: %s may not include "%s"\n' "${line%%:*}" "$folder" "$used" ;;
                esac
            done
    done

    # Libraries that have one door each.
    one_door() {
        grep -rlE "include <$1" tracer tui demo 2>/dev/null | grep -vE "$2" |
            while IFS= read -r file; do printf '%s: <%s> belongs to %s alone\n' "$file" "$1" "$3"; done
    }
    one_door '(ncurses|curses)' '^tui/terminal\.c$' 'tui/terminal.c'
    one_door 'pcap' '^tracer/(lab/wire\.[ch]|source/capture\.c)$' 'tracer/lab/wire.c and tracer/source/capture.c'
    one_door 'cyaml' '^tracer/scenario/' 'tracer/scenario'
    one_door 'jansson' '^tracer/event/json' 'tracer/event/json*.c'
    one_door 'libmnl' '^tracer/lab/' 'tracer/lab'

    # A folder that no row names would have no walls.
    for folder in tracer/*/; do
        folder=${folder%/}
        echo "$rows" | grep -q "^$folder " || echo "$folder: has no row in tests/check_layers.sh"
    done
)
if [ -n "$wrong" ]; then
    printf '%s\n' "$wrong"
    exit 1
fi
echo "layers: ok"
