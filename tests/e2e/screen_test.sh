#!/bin/sh
# The screen in a real terminal (tmux): a recorded hello from its beginning to its end and back, sizes, help, themes,
# and the terminal as it was found after every way out. Skipped (77) without tmux or where no session can be
# recorded.
set -eu
build=${BUILD:-build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
command -v tmux >/dev/null || {
    echo "tmux is not installed"
    exit 77
}
folder=$(mktemp -d)
server=sockstep-screen-$$

tm() {
    tmux -u -L "$server" -f /dev/null "$@"
}
trap 'tm kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT

# The screen as text, without trailing blanks.
screen() {
    tm capture-pane -p -t main
}

fail() {
    echo "FAILED: $*"
    echo "--- the screen:"
    screen
    exit 1
}

# A command has five seconds to become true.
within() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || return 1
        sleep 0.05
    done
}

shows_now() {
    screen | grep -q -e "$1"
}
shows() {
    within shows_now "$1" || fail "nothing on the screen matches: $1"
}
shows_not() {
    ! shows_now "$1" || fail "this should not be on the screen: $1"
}
shows_not_now() {
    ! shows_now "$1"
}
keys() {
    tm send-keys -t main "$@"
}
size() {
    tm resize-window -t main -x "$1" -y "$2"
}

# Runs a command line in the shell of the terminal; its end is the file "done".
type_command() {
    rm -f "$folder/done" "$folder/pid"
    keys -l "clear; $1; echo \$? >'$folder/done'"
    keys Enter
}
started() {
    type_command "sh -c 'echo \$\$ >$folder/pid; exec $1'"
}
ended() {
    within test -s "$folder/done" || fail "the program did not end"
}

# The modes of the terminal, the alternate screen and the cursor are as they were.
restored() {
    rm -f "$folder/modes"
    keys -l "stty -g >'$folder/modes'"
    keys Enter
    within test -s "$folder/modes" || fail "the shell does not answer after: $1"
    cmp -s "$folder/modes" "$folder/found" || fail "other terminal modes after: $1"
    [ "$(tm display -p -t main '#{alternate_on} #{cursor_flag}')" = "0 1" ] ||
        fail "alternate screen or hidden cursor after: $1"
}

trace=$folder/hello.pcapng
"$build/sockstep" demo demo/scenarios/tcp-hello.yaml --plain --record "$trace" >"$folder/plain" 2>&1 || {
    code=$?
    cat "$folder/plain"
    [ $code = 3 ] && exit 77
    exit 1
}

LC_ALL=C.UTF-8 tm new-session -d -s main -x 80 -y 24 "env -u NO_COLOR LC_ALL=C.UTF-8 PS1='$ ' sh"
tm set-option -t main status off
size 80 24
within shows_now '\$'
keys -l "stty -g >'$folder/found'"
keys Enter
within test -s "$folder/found"

# From the first beat to the last and back. Without motion: a key during a flight only completes it.
started "$build/sockstep open --motion=off $trace"
shows 'RECORDED  PAUSED  x1.0   step  *1/'
shows 'PgDn next  PgUp back'
shows_not 'LIVE'
beats=$(screen | sed -n '1s/.*step  *1\///p')
beat=1
seen=
while [ $beat -lt "$beats" ]; do
    keys NPage
    beat=$((beat + 1))
    shows "step  *$beat/$beats"
    seen="$seen
$(screen)"
done
for word in SYN_SENT SYN_RECV LISTEN 'in flight' 'SYN,ACK' BLOCKED ESTABLISHED FIN_WAIT_1 CLOSE_WAIT TIME_WAIT; do
    echo "$seen" | grep -q "$word" || fail "never seen on the way: $word"
done
keys NPage
shows "step  *$beats/$beats"
while [ $beat -gt 1 ]; do
    keys PPage
    beat=$((beat - 1))
    shows "step  *$beat/$beats"
done
keys Home
shows "step  *0/$beats"
keys Right
shows "step  *1/$beats"
keys End
shows "step  *$beats/$beats"
keys g n n n n Space
shows 'PLAYING'
keys Space
shows 'PAUSED'

# Sizes: the position stays.
keys g n n n n n
shows "step  *5/$beats"
for columns in 20 79 80 100 120 133 200 250; do
    for rows in 5 23 24 31 40 80; do
        size $columns $rows
    done
done
size 60 15
shows 'needs 80x24; this is 60x15'
shows_not "step  *5"
size 120 40
shows "step  *5/$beats"
shows 'Right event'
size 80 24
shows "step  *5/$beats"

# What covers it; the other characters; the themes.
keys '?'
shows ' KEYS: '
keys x
shows 'PgDn next'
shows_not ' KEYS: '
keys Escape
keys A
shows '+==============+'
keys A
shows '╔══════════════╗'
keys T T T T
shows "step  *5/$beats"

# The pages, alone and not; back to the ladder by the same key, by Tab through all of them.
pages() {
    keys s
    shows 'TCP state diagram'
    shows 'FIN_WAIT_2'
    shows 's ladder'
    keys s
    shows 'THE WIRE'
    keys t
    shows 'Local address:port'
    keys v
    shows 'socket(AF_INET'
    keys u
    shows 'client'
    keys d
    shows 'bytes of a packet'
    shows '0010 '
    keys Up Enter BSpace Down
    keys w
    shows 'conversation'
    keys z z w
    shows 'THE WIRE'
    keys Tab
    shows 's ladder'
    keys Tab Tab Tab Tab Tab Tab
    shows 'THE WIRE'
}
keys g n n n n n n n n n n n n
shows "step  *12/$beats"
for place in '80 24' '100 30' '120 40' '200 60'; do
    size "${place% *}" "${place#* }"
    pages
    shows "step  *12/$beats"
done
size 80 24

# Search, marks, jumps, what is frozen and blank, the sizes of the caption.
keys g
keys -l '/time_wait'
shows '/time_wait_'
keys Enter
shows 'TIME_WAIT'
keys '}'
keys '{'
keys '{'
shows 'Not found'
keys 5
shows "step  *$((beats / 2))/$beats"
keys m
shows 'Marked'
keys G
shows "step  *$beats/$beats"
keys '['
shows "step  *$((beats / 2))/$beats"
keys . G
sleep 0.2
shows "step  *$((beats / 2))/$beats"
keys .
within shows_not_now 'THE WIRE' || fail "the screen is not blank"
keys Escape
shows "step  *$beats/$beats"
keys c
keys c
keys c
keys p
shows 'no questions\| PREDICT '
keys Escape

# The mouse: a click on the timeline, the wheel.
click() {
    keys -l "$(printf '\033[M%b%b%b' "\\$(printf %03o $((32 + $1)))" "\\$(printf %03o $((33 + $2)))" \
        "\\$(printf %03o $((33 + $3)))")"
}
click 0 4 22
shows "step  *1/$beats"
click 65 4 10
shows "step  *2/$beats"
click 64 4 10
shows "step  *1/$beats"
keys q
ended

# A packet that flies: the first key completes, the second goes on.
started "$build/sockstep open $trace"
shows "step  *1/$beats"
keys R R g n
shows "step  *1/$beats"
keys Space
shows 'PLAYING'
keys Space
shows 'PAUSED'
keys q
ended

# 200 sizes in a row: never an exit, never another place.
started "$build/sockstep open --motion=off $trace"
keys g n n n n n
shows "step  *5/$beats"
seed=4711
i=0
while [ $i -lt 200 ]; do
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    columns=$((20 + seed / 65536 % 231))
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    rows=$((5 + seed / 65536 % 76))
    size $columns $rows
    i=$((i + 1))
    [ $((i % 20)) -ne 0 ] || keys Tab
done
size 80 24
shows "step  *5/$beats"
keys Tab Tab Tab Tab
shows 'THE WIRE'

# Ways out.
keys C-z
shows 'Stopped'
restored '^Z'
rm -f "$folder/done"
keys -l "fg; echo \$? >'$folder/done'"
keys Enter
shows "step  *5/$beats"
keys q
ended
[ "$(cat "$folder/done")" = 0 ] || fail "q does not exit with 0"
restored q
started "$build/sockstep open $trace"
shows RECORDED
keys C-c
shows 'Press ^C once more'
keys C-c
ended
restored '^C ^C'
for signal in TERM HUP INT SEGV ABRT; do
    started "$build/sockstep open $trace"
    shows RECORDED
    kill -s $signal "$(cat "$folder/pid")"
    ended
    [ "$(cat "$folder/done")" != 0 ] || fail "exit 0 after SIG$signal"
    restored "SIG$signal"
done

# Poor terminals: ASCII by itself; none at all: one line.
for term in linux vt100; do
    started "env TERM=$term $build/sockstep open $trace"
    shows '+==============+'
    keys q
    ended
    tm send-keys -t main -R
    restored "TERM=$term"
done
for term in xterm-256color tmux-256color; do
    started "env TERM=$term $build/sockstep open $trace"
    shows '╔══════════════╗'
    keys s
    shows 'TCP state diagram'
    keys q
    ended
    tm send-keys -t main -R
    restored "TERM=$term"
done
# A configuration that is wrong is said, and the rest goes on; one that is right holds.
mkdir -p "$folder/config/sockstep"
printf 'theme: light\nkeys:\n  fly: f\n' >"$folder/config/sockstep/config.yaml"
started "env XDG_CONFIG_HOME=$folder/config $build/sockstep open $trace"
shows 'config.yaml: 3:3: there is no such action'
keys q
ended
printf 'keys:\n  quit: Q\n' >"$folder/config/sockstep/config.yaml"
started "env XDG_CONFIG_HOME=$folder/config $build/sockstep open $trace"
shows 'Q quit'
keys Q
ended
started "env TERM=nonsense $build/sockstep open $trace"
shows 'terminal type "nonsense"'
ended
restored 'TERM=nonsense'

# A session that happens now: RECORDED only when it is over.
started "$build/sockstep demo demo/scenarios/tcp-hello.yaml"
within shows_now 'LIVE' || fail "LIVE was not shown"
shows 'RECORDED  PAUSED'
shows_not 'LIVE'
shows 'TIME_WAIT'
keys q
ended
[ "$(cat "$folder/done")" = 0 ] || fail "the demonstration does not exit with 0"
restored demo
echo "screen: $beats beats forth and back"
