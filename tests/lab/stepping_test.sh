#!/bin/sh
# A session that is stepped: calls at their gates, packets on the wire, by scripts. HOLD_MS=5000 for the long form.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
need_lab
hold=${HOLD_MS:-1600}
scripts=tests/lab/scenarios

# Lines of a script from standard input, run on a scenario.
step() {
    cat >"$folder/script"
    timeout 120 "$sockstep" demo "$1" --script "$folder/script" --plain >"$folder/out" 2>"$folder/err"
    code=$?
}
works() {
    [ $code = 0 ] || { cat "$folder/out" "$folder/err"; fail "$1: exit $code"; }
}

# Of a host: calls with their results, packets but pure ACKs (those may ride on others), what its kernel said.
story() {
    for kind in 'returns from' 'kernel sends' 'sock_diag'; do
        grep -E "^\[[0-9]+\] t=[0-9.]+ s  $2 .*$kind" "$1" |
            sed -E 's/^\[[0-9]+\] t=[0-9.]+ s  //; s/ after [0-9.]+ (ns|us|ms|s)//; s/, (fed|because|probably|to ack).*//
                s/\(event.*//; s/192\.0\.2\.1:[0-9]+/CLIENT/g; s/ for another.*//; s/\. (Client|Server):.*//; s/ by the.*//
                s/, not yet accepted//; s/FIN_WAIT_[12] -> TIME_WAIT/-> TIME_WAIT/'
    done | grep -vE 'kernel sends ACK|sends .* again|-> FIN_WAIT_2|LISTEN -> CLOSED|wait to be read|wait for accept'
}

# Every packet is held for a while: the same story as without.
sed "s/wait 5000/wait $hold/" "$scripts/tcp-hello-held.script" >"$folder/held.script"
step tcp-hello <"$folder/held.script"
works "tcp-hello, every packet held $hold ms"
cp "$folder/out" "$folder/held"
"$sockstep" demo tcp-hello --plain >"$folder/free" || fail "tcp-hello"
for host in client server; do
    story "$folder/free" $host >"$folder/a"
    story "$folder/held" $host >"$folder/b"
    diff "$folder/a" "$folder/b" || fail "$host: held it goes otherwise"
    [ "$(wc -l <"$folder/a")" -gt 9 ] || fail "there is no story"
done
grep -q 'sends SYN again, since no answer comes: copy' "$folder/held" || fail "copies of SYN are not counted"
grep -q 'for the 2nd time' "$folder/held" && fail "a copy has got onto the wire"

# Simultaneous open and close from two ordinary programs.
step "$scripts/both-connect.yaml" <"$scripts/both-connect.script"
works "both-connect"

# A call that fails at its gate: the kernel is not asked, nothing is sent.
step tcp-hello <<'S'
until client: call=connect
fail client ECONNREFUSED
expect client: call=connect errno=ECONNREFUSED
stop
S
[ $code = 0 ] || fail "fail client: exit $code: $(cat "$folder/err")"
grep -q 'kernel sends SYN' "$folder/out" && fail "a refused call has sent something"

# Faults by hand, and what the kernels make of them.
step tcp-hello <<'S'
until flags=SYN
drop packet from client
expect kind=packet-dropped fault=drop
until flags=SYN copy=2
next
duplicate packet from server
expect kind=packet-delivered fault=duplicate
until client: bytes=5 kind=packet-sent
corrupt packet from client
expect kind=packet-delivered fault=corrupt
expect server: state=ESTABLISHED witness=kernel
stop
S
works "drop, duplicate, corrupt"
grep -q 'with a wrong checksum' "$folder/out" || fail "the wrong checksum is not told"
sed '/^faults:/,/^lanes:/{/^lanes:/!d}; s/^name:.*/name: letters/' demo/scenarios/udp-reorder.yaml >"$folder/letters.yaml"
step tcp-hello <<'S'
until flags=SYN
unreachable packet from client host
expect kind=packet-dropped
expect client: call=connect errno=EHOSTUNREACH
stop
S
works "unreachable"
grep -q 'the wire sends ICMP host unreachable' "$folder/out" || fail "it is not told who sent the ICMP message"
step "$folder/letters.yaml" <<'S'
hold packets
until kind=packet-held nth=3
delay packet 3 200
swap packet 1
release packet 2
wait 500
expect kind=packet-delivered packet=2
S
works "delay and swap"
[ "$(grep -oE 'prints "msg[0-9]"' "$folder/out" | tr -dc 012)" = 210 ] || fail "msg1 was to overtake msg0, and msg2 both"
step tcp-hello <<'S'
until client: state=ESTABLISHED
cut client
next 2
S
[ $code = 0 ] || [ $code = 1 ] || fail "cut: exit $code"
grep -q 'the wire is cut for what client sends' "$folder/out" || fail "the cut is not told"

# Breakpoints, and what is wrong in a script or an expression.
"$sockstep" demo tcp-hello --break 'server: state=CLOSE_WAIT witness=kernel' --plain >"$folder/out" || fail "--break"
grep -q 'breakpoint: server: state=CLOSE_WAIT' "$folder/out" || fail "the breakpoint leaves no mark"
"$sockstep" demo tcp-hello --break 'server: stat=CLOSE_WAIT' 2>"$folder/err" && fail "a wrong --break is taken"
grep -q 'column 9: nothing is called' "$folder/err" || fail "--break: $(cat "$folder/err")"
printf 'next
  relaese client
' | step tcp-hello
wrong() {
    printf '%s
' "$1" >"$folder/wrong"
    "$sockstep" demo tcp-hello --script "$folder/wrong" --plain >/dev/null 2>"$folder/err"
    code=$?
    [ $code = "$2" ] || fail "'$1': exit $code: $(cat "$folder/err")"
    grep -q "wrong:$3" "$folder/err" || fail "'$1' says: $(cat "$folder/err")"
}
wrong 'relaese client' 2 "1:1: .*did you mean 'release'"
wrong 'expect server: stat=LISTEN' 2 '1:16: nothing is called'
wrong 'drop client' 2 "1:6: here 'packet' is expected"
wrong 'fail client EWHAT' 2 '1:13: here an error'
wrong 'next many' 2 '1:6: here a number'
wrong 'hold everything' 2 '1:6: hold what'
wrong 'release server connect' 1 '1:1: release: .*server socket'
wrong 'expect client: state=ESTABLISHED' 1 '1:1: expect: .*has not happened'

# Killed while all is held: nothing stays.
"$sockstep" demo tcp-hello --step --plain >/dev/null 2>&1 &
pid=$!
sleep 0.8
lab=$(pgrep -P $pid)
kill -9 $pid
wait $pid 2>/dev/null
[ -n "$lab" ] || fail "there was no lab"
tries=0
while [ -d "/proc/$lab" ] || pgrep -f "${BUILD:-build}/demo/stream_server" >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || fail "a process is left"
    sleep 0.1
done
echo "stepping: ok"
