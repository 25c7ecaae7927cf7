#!/bin/sh
# Pictures of the real screen for README and docs: the command runs in tmux, keys are pressed, the screen is captured.
set -eu
cd "$(dirname "$0")/../.."
sockstep=${BUILD:-build}/sockstep
folder=$(mktemp -d)
trap 'tmux -L sockstep-pictures kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT
export LC_ALL=C.UTF-8 SOCKSTEP_SCENARIOS="$PWD/demo/scenarios"
"$sockstep" demo tcp-hello --plain --record "$folder/tcp-hello.pcapng" >/dev/null

# take NAME COLUMNS ROWS BEATS TITLE
take() {
    tmux -L sockstep-pictures -f /dev/null new-session -d -x "$2" -y "$3" \
        "TERM=tmux-256color $sockstep open --motion off $folder/tcp-hello.pcapng"
    sleep 1
    i=0
    while [ $i -lt "$4" ]; do
        tmux -L sockstep-pictures send-keys NPage
        i=$((i + 1))
        sleep 0.05
    done
    sleep 0.5
    tmux -L sockstep-pictures capture-pane -e -p | python3 tests/support/ansi_to_svg.py "$5" >"docs/pictures/$1.svg"
    tmux -L sockstep-pictures kill-server
    sleep 0.2
}
take screen-80x24 80 24 9 "sockstep at 80x24: the SYN,ACK is on its way"
take screen-120x40 120 40 19 "sockstep at 120x40: data has been read"
"$sockstep" open "$folder/tcp-hello.pcapng" --ladder >docs/pictures/tcp-hello-ladder.txt
