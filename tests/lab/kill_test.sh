#!/bin/sh
# kill -9 at random moments: of sockstep, of a program in mid-call. No process, namespace, file or hang is left.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
need_lab

namespaces() { for p in /proc/[0-9]*; do readlink "$p/ns/net" 2>/dev/null; done | sort -u | wc -l; }
before=$(namespaces)
seed=${SEED:-$$}
echo "seed $seed"
i=0
while [ $i -lt 12 ]; do
    i=$((i + 1))
    "$sockstep" demo tcp-hello --plain >/dev/null 2>&1 &
    pid=$!
    sleep "$(awk -v s=$((seed + i)) 'BEGIN { srand(s); printf "%.3f", rand() * 0.9 }')"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
left=1
tries=0
while [ "$left" != 0 ] && [ $tries -lt 50 ]; do
    left=$(pgrep -f "${BUILD:-build}/(sockstep demo|demo/stream_)" | wc -l)
    [ "$left" = 0 ] || sleep 0.1
    tries=$((tries + 1))
done
[ "$left" = 0 ] || { pgrep -fa stream_; fail "$left processes are left"; }
[ "$(namespaces)" -le "$before" ] || fail "network namespaces are left"

# A demo program killed in mid-call: said clearly, no hang. The server is killed while it waits in accept().
"$sockstep" demo tcp-hello --delay 1500 --plain >"$folder/out" 2>"$folder/err" &
pid=$!
sleep 1.2
server=$(sed -n 's/.*starts stream_server (pid \([0-9]*\)).*/\1/p' "$folder/out")
[ -n "$server" ] || fail "the server was not announced"
kill -9 "$server"
tries=0
while kill -0 $pid 2>/dev/null; do
    sleep 0.2
    tries=$((tries + 1))
    [ $tries -lt 150 ] || { kill $pid; fail "sockstep hangs after its program was killed"; }
done
wait $pid
grep -q "server kernel: LISTEN -> CLOSED" "$folder/out" || fail "the listening socket of the killed server is not seen to go"
grep -q 'server is ended by SIGKILL' "$folder/out" || { tail -5 "$folder/out"; fail "the killed server is not told of"; }
echo "kill: ok"
