#!/bin/sh
# A recorded trace: the same sentences again, byte for byte; read by tshark, tcpdump, editcap, mergecap; cut anywhere it
# still opens up to the cut; a full disk and a killed recorder leave what was recorded.
set -u
# shellcheck source=tests/support/common.sh
. "$(dirname "$0")/../support/common.sh"
need_lab

trace=$folder/tcp-hello.pcapng
"$sockstep" demo tcp-hello --plain --record "$trace" >"$folder/live" || fail "demo"
"$sockstep" open "$trace" --plain >"$folder/replay" || fail "open"
cmp "$folder/live" "$folder/replay" || fail "the replay differs from what was printed live"
[ ! -e "$trace.part" ] || fail "$trace.part was left behind"
"$sockstep" open - --plain <"$trace" | cmp - "$folder/live" || fail "from standard input it differs"

packets=$(grep -cE 'kernel sends' "$folder/live")
if command -v tshark >/dev/null 2>&1; then
    tshark -r "$trace" >"$folder/tshark" 2>/dev/null || fail "tshark complains"
    [ "$(wc -l <"$folder/tshark")" = "$(wc -l <"$folder/live")" ] || fail "tshark shows another number of rows"
    # Calls and packets in one list, in our order.
    grep -nE 'calls connect|\[SYN\]|\[SYN, ACK\]|returns from connect' "$folder/tshark" | cut -d: -f1 >"$folder/order"
    [ "$(wc -l <"$folder/order")" = 4 ] || fail "tshark does not show connect, SYN, SYN,ACK, return"
    sort -n -c "$folder/order" || fail "not in order"
    tshark -r "$trace" -Y 'tcp.analysis.flags' 2>/dev/null | grep . && fail "tshark sees trouble that was not there"
fi
if PATH=$PATH:/usr/sbin command -v tcpdump >/dev/null 2>&1; then
    counted=$(PATH=$PATH:/usr/sbin tcpdump -nr "$trace" 2>/dev/null | wc -l)
    [ "$counted" = "$packets" ] || fail "tcpdump reads $counted packets of $packets"
fi
if command -v editcap >/dev/null 2>&1; then
    editcap "$trace" "$folder/edited.pcapng" 2>/dev/null || fail "editcap"
    "$sockstep" open "$folder/edited.pcapng" --plain >"$folder/edited" || fail "open after editcap"
    cmp "$folder/live" "$folder/edited" || fail "after editcap the sentences differ"
fi

# Cut at many places: a prefix of the sentences (but for the last ones, which say what is missing), exit 0, one warning.
size=$(wc -c <"$trace")
i=1
while [ $i -lt 24 ]; do
    cut=$((size * i / 24))
    head -c $cut "$trace" >"$folder/cut.pcapng"
    timeout 20 "$sockstep" open "$folder/cut.pcapng" --plain >"$folder/cut" 2>"$folder/err" ||
        fail "cut at $cut: $(cat "$folder/err")"
    grep -q . "$folder/err" || fail "cut at $cut: no warning"
    lines=$(($(wc -l <"$folder/cut") - 1))
    [ "$lines" -le 0 ] || { head -n $lines "$folder/cut" >"$folder/a"; head -n $lines "$folder/live" | cmp - "$folder/a"; } ||
        fail "cut at $cut: other sentences"
    i=$((i + 1))
done

# The disk is full while recording (a tiny one, mounted in a user namespace of the test's own): the session goes on, the
# message says so, the part opens.
if unshare -Urm true 2>/dev/null; then
    mkdir "$folder/disk"
    unshare -Urm sh -c "mount -t tmpfs -o size=40k none '$folder/disk' || exit 9
        '$sockstep' demo tcp-hello --plain --record '$folder/disk/full.pcapng' 2>'$folder/err' >'$folder/seen'
        ls '$folder/disk' >'$folder/list'
        '$sockstep' open '$folder/disk/full.pcapng.part' --plain >'$folder/part' 2>/dev/null"
    grep -q 'full.pcapng.*No space left' "$folder/err" || { cat "$folder/err"; fail "a full disk gives no message"; }
    grep -q 'LAST_ACK -> CLOSED' "$folder/seen" || fail "a full disk stops the session"
    [ "$(cat "$folder/list")" = full.pcapng.part ] || fail "after a full disk there is: $(cat "$folder/list")"
    grep -q 'calls connect' "$folder/part" || fail "the part does not open"
fi

# Killed while recording: what was recorded opens.
"$sockstep" demo tcp-hello --plain --record "$folder/killed.pcapng" >/dev/null 2>&1 &
pid=$!
sleep 0.75
kill -9 $pid
wait $pid 2>/dev/null
"$sockstep" open "$folder/killed.pcapng.part" --plain 2>/dev/null | grep -q 'calls socket' || fail "after kill -9 the part does not open"
echo "trace: ok"
